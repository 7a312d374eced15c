import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { UserId } from '../../../core/ids/brands.ts';
import type { RequestInfo } from '../../../plugin-api/endpoint.ts';
import type { Upload } from '../media.ts';
import { contentTypeOf, fileNameOf, mediaEndpoint, mediaName } from './deps.ts';

/** The endpoints that take files of at most `bytesMax`. */
export function uploadEndpoints(bytesMax: number) {
  return [
    /** https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav3upload */
    mediaEndpoint({
      method: 'POST',
      path: '/_matrix/media/v3/upload',
      auth: 'user',
      limit: 'media_upload',
      body: 'stream',
      bodyLimit: bytesMax,
      handler: async ({ deps, requester, query, request }) => ({
        content_uri: await deps.media.upload(uploadOf(requester.userId, query, request)),
      }),
    }),
    /** https://spec.matrix.org/v1.19/client-server-api/#put_matrixmediav3uploadservernamemediaid */
    mediaEndpoint({
      method: 'PUT',
      path: '/_matrix/media/v3/upload/:serverName/:mediaId',
      auth: 'user',
      limit: 'media_upload',
      body: 'stream',
      bodyLimit: bytesMax,
      async handler({ deps, requester, params, query, request }) {
        await deps.media.complete(mediaName(params), uploadOf(requester.userId, query, request));
        return {};
      },
    }),
  ];
}

function uploadOf(userId: UserId, query: URLSearchParams, request: RequestInfo): Upload {
  if (request.stream === null) throw new MatrixError('M_UNKNOWN', 'There is no body');
  return { userId, data: request.stream, contentType: contentTypeOf(request), fileName: fileNameOf(query) };
}
