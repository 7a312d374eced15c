import { Type } from 'typebox';
import { requireAccount } from '../../../accounts/accounts-service.ts';
import { adminEndpoint } from './admin-endpoint.ts';

export const adminSuspendUser = adminEndpoint({
  method: 'PUT',
  path: '/_synapse/admin/v1/suspend/:userId',
  auth: 'admin',
  body: Type.Object({ suspend: Type.Boolean() }),
  handler: async ({ deps, params, body }) => {
    const { userId } = await requireAccount(deps.accounts, params.userId);
    await deps.accounts.setFlags(userId, { suspended: body.suspend });
    return { [`user_${userId}_suspended`]: body.suspend };
  },
});
