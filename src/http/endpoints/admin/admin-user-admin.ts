import { Type } from 'typebox';
import { requireAccount } from '../../../accounts/accounts-service.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { adminEndpoint } from './admin-endpoint.ts';

const PATH = '/_synapse/admin/v1/users/:userId/admin';

export const adminIsUserAdmin = adminEndpoint({
  method: 'GET',
  path: PATH,
  auth: 'admin',
  handler: async ({ deps, params }) => ({ admin: (await requireAccount(deps.accounts, params.userId)).isAdmin }),
});

export const adminSetUserAdmin = adminEndpoint({
  method: 'PUT',
  path: PATH,
  auth: 'admin',
  body: Type.Object({ admin: Type.Boolean() }),
  handler: async ({ deps, params, body, requester }) => {
    const { userId } = await requireAccount(deps.accounts, params.userId);
    if (userId === requester.userId && !body.admin) throw new MatrixError('M_UNKNOWN', 'You may not take your own rights away');
    await deps.accounts.setFlags(userId, { isAdmin: body.admin });
    return {};
  },
});
