import { Type } from 'typebox';
import { accountEndpoint } from '../account-endpoint.ts';
import { accountToModerate } from './account-moderation.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv1adminsuspenduserid */
export const setUserSuspend = accountEndpoint({
  method: 'PUT',
  path: '/_matrix/client/v1/admin/suspend/:userId',
  auth: 'admin',
  body: Type.Object({ suspended: Type.Boolean() }),
  handler: async ({ deps, params, body, requester }) => {
    await accountToModerate(deps.accounts, requester, params.userId);
    const { suspended } = body;
    await deps.accounts.setFlags(params.userId, { suspended });
    return { suspended };
  },
});
