import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { ServerName } from '../../../core/ids/brands.ts';
import type { HttpReply, RequestInfo } from '../../../plugin-api/endpoint.ts';
import { notFound } from '../media.ts';
import { serveObject } from '../serve-object.ts';
import type { ThumbnailBox } from '../store.ts';
import { type MediaEndpointDeps, mediaEndpoint, mediaName, waitOf } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediathumbnailservernamemediaid */
export const thumbnail = mediaEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/media/thumbnail/:serverName/:mediaId',
  auth: 'guest',
  limit: 'media_download',
  handler: ({ deps, params, query, request }) => serve(deps, { ...params, query, request, needsPublic: false }),
});

/** Without a token; only for files that are public. https://spec.matrix.org/v1.19/client-server-api/#get_matrixmediav3thumbnailservernamemediaid */
export const publicThumbnail = mediaEndpoint({
  method: 'GET',
  path: '/_matrix/media/v3/thumbnail/:serverName/:mediaId',
  auth: 'none',
  limit: 'media_download',
  handler: ({ deps, params, query, request }) => serve(deps, { ...params, query, request, needsPublic: true }),
});

interface Asked {
  readonly serverName: ServerName;
  readonly mediaId: string;
  readonly query: URLSearchParams;
  readonly request: RequestInfo;
  readonly needsPublic: boolean;
}

async function serve(deps: MediaEndpointDeps, asked: Asked): Promise<HttpReply> {
  const { query, request, needsPublic } = asked;
  const box = boxOf(query);
  const media = await deps.media.find(mediaName(asked), waitOf(query, request));
  if (needsPublic && !media.isPublic) throw notFound();
  const { key, bytes, contentType } = await deps.thumbnails.get(media.content, box);
  // The type is one of a few pictures, whatever the uploader said it was.
  const disposition = `inline; filename="thumbnail.${contentType.slice('image/'.length)}"`;
  return serveObject(deps.objects(), { key, bytes, contentType, disposition }, request);
}

/** @throws MatrixError `M_MISSING_PARAM`, `M_INVALID_PARAM` */
function boxOf(query: URLSearchParams): ThumbnailBox {
  const method = query.get('method') ?? 'scale';
  if (method !== 'crop' && method !== 'scale') throw new MatrixError('M_INVALID_PARAM', 'method must be crop or scale');
  return { width: sideOf(query, 'width'), height: sideOf(query, 'height'), method, animated: query.get('animated') === 'true' };
}

function sideOf(query: URLSearchParams, name: 'width' | 'height'): number {
  const raw = query.get(name);
  if (raw === null) throw new MatrixError('M_MISSING_PARAM', `${name} is missing`);
  if (!/^[1-9]\d{0,8}$/.test(raw)) throw new MatrixError('M_INVALID_PARAM', `${name} must be a number from 1`);
  return Number(raw);
}
