import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3logoutall */
export const logoutAll = accountEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/logout/all',
  auth: 'guest',
  whileSuspended: true,
  handler: async ({ deps, requester }) => {
    await deps.accounts.deviceRegistry.deleteAll(requester.userId, { deviceId: null, tokenId: null });
    return {};
  },
});
