import { Type } from 'typebox';
import { accountEndpoint } from '../account-endpoint.ts';
import { AuthData, authData } from '../auth-data.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountdeactivate */
export const deactivateAccount = accountEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/account/deactivate',
  auth: 'user',
  limit: 'login',
  whileSuspended: true,
  bodyOptional: true,
  body: Type.Object({ auth: Type.Optional(AuthData), erase: Type.Optional(Type.Boolean()) }),
  handler: async ({ deps, body, requester, request }) => {
    const { userId, deviceId } = requester;
    if (requester.appserviceId === null) {
      await deps.accounts.uia.require({ userId, deviceId, auth: authData(body.auth), action: 'POST /account/deactivate', ip: request.ip });
    }
    await deps.accounts.deactivate(userId, { erase: body.erase === true });
    // This server binds nothing at identity servers.
    return { id_server_unbind_result: 'no-support' };
  },
});
