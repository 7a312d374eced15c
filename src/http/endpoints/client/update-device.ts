import { Type } from 'typebox';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { reply } from '../../../plugin-api/endpoint.ts';
import { accountEndpoint } from '../account-endpoint.ts';

/**
 * Renames a device. Application services may also make one, answered with 201.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3devicesdeviceid
 */
export const updateDevice = accountEndpoint({
  method: 'PUT',
  path: '/_matrix/client/v3/devices/:deviceId',
  auth: 'guest',
  body: Type.Object({ display_name: Type.Optional(Type.String()) }),
  handler: async ({ deps, params, body, requester }) => {
    const { deviceRegistry } = deps.accounts;
    const { userId, appserviceId } = requester;
    const { deviceId } = params;
    if (appserviceId !== null && (await deviceRegistry.ensure({ userId, deviceId, displayName: body.display_name }))) {
      return reply({ status: 201, body: {} });
    }
    if (body.display_name !== undefined) await deviceRegistry.rename({ userId, deviceId, displayName: body.display_name });
    else if ((await deviceRegistry.get(userId, deviceId)) === null) throw new MatrixError('M_NOT_FOUND', 'No such device');
    return {};
  },
});
