import { requireAccount } from '../../../accounts/accounts-service.ts';
import { adminEndpoint } from './admin-endpoint.ts';
import { detailedUserFields } from './detailed-user-fields.ts';

export const adminGetUser = adminEndpoint({
  method: 'GET',
  path: '/_synapse/admin/v2/users/:userId',
  auth: 'admin',
  handler: async ({ deps, params }) => detailedUserFields(deps, await requireAccount(deps.accounts, params.userId)),
});
