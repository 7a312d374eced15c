import type { ServerName } from '../../../core/ids/brands.ts';
import type { HttpReply, RequestInfo } from '../../../plugin-api/endpoint.ts';
import { contentDisposition } from '../content-disposition.ts';
import { contentKey, notFound } from '../media.ts';
import { serveObject } from '../serve-object.ts';
import { type MediaEndpointDeps, mediaEndpoint, mediaName, waitOf } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid */
export const download = mediaEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/media/download/:serverName/:mediaId',
  auth: 'guest',
  limit: 'media_download',
  handler: ({ deps, params, query, request }) => serve(deps, { ...params, query, request, needsPublic: false }),
});

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaidfilename */
export const downloadAs = mediaEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/media/download/:serverName/:mediaId/:fileName',
  auth: 'guest',
  limit: 'media_download',
  handler: ({ deps, params, query, request }) => serve(deps, { ...params, query, request, needsPublic: false }),
});

/** Without a token; only for files that are public. https://spec.matrix.org/v1.19/client-server-api/#get_matrixmediav3downloadservernamemediaid */
export const publicDownload = mediaEndpoint({
  method: 'GET',
  path: '/_matrix/media/v3/download/:serverName/:mediaId',
  auth: 'none',
  limit: 'media_download',
  handler: ({ deps, params, query, request }) => serve(deps, { ...params, query, request, needsPublic: true }),
});

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixmediav3downloadservernamemediaidfilename */
export const publicDownloadAs = mediaEndpoint({
  method: 'GET',
  path: '/_matrix/media/v3/download/:serverName/:mediaId/:fileName',
  auth: 'none',
  limit: 'media_download',
  handler: ({ deps, params, query, request }) => serve(deps, { ...params, query, request, needsPublic: true }),
});

interface Asked {
  readonly serverName: ServerName;
  readonly mediaId: string;
  readonly fileName?: string;
  readonly query: URLSearchParams;
  readonly request: RequestInfo;
  readonly needsPublic: boolean;
}

async function serve(deps: MediaEndpointDeps, asked: Asked): Promise<HttpReply> {
  const { query, request, needsPublic } = asked;
  const media = await deps.media.find(mediaName(asked), waitOf(query, request));
  if (needsPublic && !media.isPublic) throw notFound();
  const { content, contentType } = media;
  return serveObject(
    deps.objects(),
    {
      key: contentKey(content.sha256),
      bytes: content.bytes,
      contentType,
      disposition: contentDisposition(contentType, asked.fileName ?? media.fileName),
    },
    request,
  );
}
