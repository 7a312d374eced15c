import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3accountwhoami */
export const whoami = accountEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/account/whoami',
  auth: 'guest',
  handler: ({ requester }) => ({
    user_id: requester.userId,
    is_guest: requester.isGuest,
    ...(requester.deviceId === null ? {} : { device_id: requester.deviceId }),
  }),
});
