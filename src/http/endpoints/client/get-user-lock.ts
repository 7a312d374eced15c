import { accountEndpoint } from '../account-endpoint.ts';
import { accountToModerate, moderatedAccount } from './account-moderation.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1adminlockuserid */
export const getUserLock = accountEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/admin/lock/:userId',
  auth: 'admin',
  handler: async ({ deps, params, requester }) => {
    await accountToModerate(deps.accounts, requester, params.userId);
    return { locked: (await moderatedAccount(deps.accounts, params.userId)).locked };
  },
});
