import type { ServerName } from './brands.ts';
import { parseServerName } from './server-name.ts';

export interface MxcUri {
  readonly serverName: ServerName;
  readonly mediaId: string;
}

/** Characters of a media id, see `parseMxc`. */
const MEDIA_ID = /^[A-Za-z0-9_-]{1,255}$/;

/**
 * `mxc://<server-name>/<media-id>`. Only the characters that the specification lists are let through, which also keeps
 * path traversal out of stores and requests.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#matrix-content-mxc-uris
 */
export function parseMxc(raw: unknown): MxcUri | null {
  if (typeof raw !== 'string' || !raw.startsWith('mxc://')) return null;
  const slash = raw.indexOf('/', 'mxc://'.length);
  if (slash === -1) return null;
  const serverName = parseServerName(raw.slice('mxc://'.length, slash));
  const mediaId = raw.slice(slash + 1);
  return serverName !== null && isMediaId(mediaId) ? { serverName, mediaId } : null;
}

export function isMediaId(raw: unknown): raw is string {
  return typeof raw === 'string' && MEDIA_ID.test(raw);
}

export function formatMxc({ serverName, mediaId }: MxcUri): string {
  return `mxc://${serverName}/${mediaId}`;
}
