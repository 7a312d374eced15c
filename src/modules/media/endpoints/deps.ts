import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { ServerName } from '../../../core/ids/brands.ts';
import { isMediaId } from '../../../core/ids/mxc-uri.ts';
import { endpointFactory, type RequestInfo } from '../../../plugin-api/endpoint.ts';
import type { MediaStoreSlot } from '../../../plugin-api/slots.ts';
import { CONTENT_TYPE_CHARS_MAX, FILE_NAME_BYTES_MAX, WAIT_MS_DEFAULT, WAIT_MS_MAX } from '../limits.ts';
import type { MediaRepository } from '../media.ts';
import type { Thumbnails } from '../thumbnails.ts';

export interface MediaEndpointDeps {
  readonly media: MediaRepository;
  readonly thumbnails: Thumbnails;
  readonly objects: () => MediaStoreSlot;
  readonly uploadBytesMax: number;
}

export const mediaEndpoint = endpointFactory<MediaEndpointDeps>();

/** @throws MatrixError `M_NOT_FOUND`: what cannot be a media id names nothing */
export function mediaName(params: { serverName: ServerName; mediaId: string }): { serverName: ServerName; mediaId: string } {
  if (!isMediaId(params.mediaId)) throw new MatrixError('M_NOT_FOUND', 'Not a media id');
  return params;
}

/** How long the client will wait for content that has not come. */
export function waitOf(query: URLSearchParams, request: RequestInfo): { waitMs: number; signal: AbortSignal } {
  const raw = query.get('timeout_ms');
  const waitMs = raw !== null && /^\d{1,15}$/.test(raw) ? Number(raw) : WAIT_MS_DEFAULT;
  return { waitMs: Math.min(waitMs, WAIT_MS_MAX), signal: request.signal };
}

/** @throws MatrixError `M_INVALID_PARAM` */
export function fileNameOf(query: URLSearchParams): string | null {
  const name = query.get('filename');
  if (name === null || name === '') return null;
  if (Buffer.byteLength(name) > FILE_NAME_BYTES_MAX || name.includes('\0')) {
    throw new MatrixError('M_INVALID_PARAM', `A file name has at most ${FILE_NAME_BYTES_MAX} bytes and no NUL`);
  }
  return name;
}

/** What the client says, as far as it can stand in a header again. */
export function contentTypeOf(request: RequestInfo): string {
  const type = request.headers['content-type'];
  return typeof type === 'string' && type.length <= CONTENT_TYPE_CHARS_MAX && /^[\x21-\x7e][\x20-\x7e]*$/.test(type)
    ? type
    : 'application/octet-stream';
}
