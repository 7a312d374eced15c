import { Type } from 'typebox';
import { accountEndpoint } from '../account-endpoint.ts';
import { AuthData, authData } from '../auth-data.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3devicesdeviceid */
export const deleteDevice = accountEndpoint({
  method: 'DELETE',
  path: '/_matrix/client/v3/devices/:deviceId',
  auth: 'user',
  whileSuspended: true,
  bodyOptional: true,
  body: Type.Object({ auth: Type.Optional(AuthData) }),
  handler: async ({ deps, params, body, requester, request }) => {
    const { userId, deviceId } = requester;
    if (requester.appserviceId === null) {
      const action = `DELETE /devices ${params.deviceId}`;
      await deps.accounts.uia.require({ userId, deviceId, auth: authData(body.auth), action, ip: request.ip });
    }
    await deps.accounts.deviceRegistry.delete(userId, [params.deviceId]);
    return {};
  },
});
