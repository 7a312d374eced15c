import { Type } from 'typebox';
import { requireAccount } from '../../../accounts/accounts-service.ts';
import { adminEndpoint } from './admin-endpoint.ts';

export const adminDeactivate = adminEndpoint({
  method: 'POST',
  path: '/_synapse/admin/v1/deactivate/:userId',
  auth: 'admin',
  bodyOptional: true,
  body: Type.Object({ erase: Type.Optional(Type.Boolean()) }),
  handler: async ({ deps, params, body }) => {
    const { userId } = await requireAccount(deps.accounts, params.userId);
    await deps.accounts.deactivate(userId, { erase: body.erase === true });
    return { id_server_unbind_result: 'no-support' };
  },
});
