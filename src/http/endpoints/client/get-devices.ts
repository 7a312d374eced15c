import { accountEndpoint } from '../account-endpoint.ts';
import { deviceFields } from './device-fields.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3devices */
export const getDevices = accountEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/devices',
  auth: 'guest',
  handler: async ({ deps, requester }) => {
    const devices = await deps.accounts.deviceRegistry.list(requester.userId);
    return { devices: devices.map(deviceFields) };
  },
});
