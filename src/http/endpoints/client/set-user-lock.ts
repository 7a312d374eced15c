import { Type } from 'typebox';
import { accountEndpoint } from '../account-endpoint.ts';
import { accountToModerate } from './account-moderation.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv1adminlockuserid */
export const setUserLock = accountEndpoint({
  method: 'PUT',
  path: '/_matrix/client/v1/admin/lock/:userId',
  auth: 'admin',
  body: Type.Object({ locked: Type.Boolean() }),
  handler: async ({ deps, params, body, requester }) => {
    await accountToModerate(deps.accounts, requester, params.userId);
    const { locked } = body;
    await deps.accounts.setFlags(params.userId, { locked });
    return { locked };
  },
});
