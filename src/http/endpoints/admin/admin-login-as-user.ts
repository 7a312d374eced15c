import { Type } from 'typebox';
import { requireAccount } from '../../../accounts/accounts-service.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { adminEndpoint } from './admin-endpoint.ts';

/** A token that belongs to no device, so that the user's device list does not change. */
export const adminLoginAsUser = adminEndpoint({
  method: 'POST',
  path: '/_synapse/admin/v1/users/:userId/login',
  auth: 'admin',
  bodyOptional: true,
  body: Type.Object({ valid_until_ms: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])) }),
  handler: async ({ deps, params, body, requester }) => {
    const account = await requireAccount(deps.accounts, params.userId);
    if (account.userId === requester.userId) throw new MatrixError('M_UNKNOWN', 'You are already yourself');
    if (account.deactivatedTs !== null) throw new MatrixError('M_USER_DEACTIVATED', 'The account has been deactivated');
    return { access_token: await deps.accounts.createDevicelessToken(account.userId, body.valid_until_ms ?? null) };
  },
});
