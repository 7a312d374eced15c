import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { accountEndpoint } from '../account-endpoint.ts';
import { deviceFields } from './device-fields.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3devicesdeviceid */
export const getDevice = accountEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/devices/:deviceId',
  auth: 'guest',
  handler: async ({ deps, params, requester }) => {
    const device = await deps.accounts.deviceRegistry.get(requester.userId, params.deviceId);
    if (device === null) throw new MatrixError('M_NOT_FOUND', 'No such device');
    return deviceFields(device);
  },
});
