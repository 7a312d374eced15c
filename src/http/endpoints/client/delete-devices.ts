import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { parseDeviceId } from '../../../core/ids/device-id.ts';
import { accountEndpoint } from '../account-endpoint.ts';
import { AuthData, authData } from '../auth-data.ts';

const DEVICES_MAX = 1_000;

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3delete_devices */
export const deleteDevices = accountEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/delete_devices',
  auth: 'user',
  whileSuspended: true,
  body: Type.Object({ devices: Type.Array(Type.String(), { maxItems: DEVICES_MAX }), auth: Type.Optional(AuthData) }),
  handler: async ({ deps, body, requester, request }) => {
    const { userId, deviceId } = requester;
    // Ids that could not be a device's cannot exist.
    const devices = body.devices.map(parseDeviceId).filter((id) => id !== null);
    if (requester.appserviceId === null) {
      // What was confirmed for these devices is not confirmed for others.
      const action = `POST /delete_devices ${createHash('sha256')
        .update(JSON.stringify([...devices].sort()))
        .digest('base64')}`;
      await deps.accounts.uia.require({ userId, deviceId, auth: authData(body.auth), action, ip: request.ip });
    }
    await deps.accounts.deviceRegistry.delete(userId, devices);
    return {};
  },
});
