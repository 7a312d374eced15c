import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3logout */
export const logout = accountEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/logout',
  auth: 'guest',
  whileSuspended: true,
  handler: async ({ deps, requester }) => {
    await deps.accounts.logout(requester);
    return {};
  },
});
