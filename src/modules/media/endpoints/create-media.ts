import { mediaEndpoint } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav1create */
export const createMedia = mediaEndpoint({
  method: 'POST',
  path: '/_matrix/media/v1/create',
  auth: 'user',
  limit: 'media_upload',
  async handler({ deps, requester }) {
    const { uri, unusedExpiresTs } = await deps.media.reserve(requester.userId);
    return { content_uri: uri, unused_expires_at: unusedExpiresTs };
  },
});
