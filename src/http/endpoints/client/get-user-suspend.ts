import { accountEndpoint } from '../account-endpoint.ts';
import { accountToModerate, moderatedAccount } from './account-moderation.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1adminsuspenduserid */
export const getUserSuspend = accountEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/admin/suspend/:userId',
  auth: 'admin',
  handler: async ({ deps, params, requester }) => {
    await accountToModerate(deps.accounts, requester, params.userId);
    return { suspended: (await moderatedAccount(deps.accounts, params.userId)).suspended };
  },
});
