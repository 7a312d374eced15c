import { Type } from 'typebox';
import { requireAccount } from '../../../accounts/accounts-service.ts';
import { adminEndpoint } from './admin-endpoint.ts';

export const adminResetPassword = adminEndpoint({
  method: 'POST',
  path: '/_synapse/admin/v1/reset_password/:userId',
  auth: 'admin',
  body: Type.Object({ new_password: Type.String(), logout_devices: Type.Optional(Type.Boolean()) }),
  handler: async ({ deps, params, body, requester }) => {
    const { userId } = await requireAccount(deps.accounts, params.userId);
    await deps.accounts.setPassword(userId, body.new_password);
    if (body.logout_devices !== false) {
      const own = userId === requester.userId;
      await deps.accounts.deviceRegistry.deleteAll(userId, own ? requester : { deviceId: null, tokenId: null });
    }
    return {};
  },
});
