import { mediaEndpoint } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediaconfig */
export const mediaConfig = mediaEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/media/config',
  aliases: ['/_matrix/media/v3/config'],
  auth: 'guest',
  handler: ({ deps }) => ({ 'm.upload.size': deps.uploadBytesMax }),
});
