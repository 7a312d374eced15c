import { Type } from 'typebox';
import { requireAccount } from '../../../accounts/accounts-service.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { parseDeviceId } from '../../../core/ids/device-id.ts';
import type { UserId } from '../../../core/ids/brands.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import type { DeviceRow } from '../../../storage/accounts/rows.ts';
import { adminEndpoint } from './admin-endpoint.ts';

const DEVICES_MAX = 1_000;

export const adminListDevices = adminEndpoint({
  method: 'GET',
  path: '/_synapse/admin/v2/users/:userId/devices',
  auth: 'admin',
  handler: async ({ deps, params }) => {
    const { userId } = await requireAccount(deps.accounts, params.userId);
    const devices = await deps.accounts.deviceRegistry.list(userId);
    return { devices: devices.map((device) => adminDeviceFields(userId, device)), total: devices.length };
  },
});

export const adminGetDevice = adminEndpoint({
  method: 'GET',
  path: '/_synapse/admin/v2/users/:userId/devices/:deviceId',
  auth: 'admin',
  handler: async ({ deps, params }) => {
    const { userId } = await requireAccount(deps.accounts, params.userId);
    const device = await deps.accounts.deviceRegistry.get(userId, params.deviceId);
    if (device === null) throw new MatrixError('M_NOT_FOUND', 'No such device');
    return adminDeviceFields(userId, device);
  },
});

export const adminUpdateDevice = adminEndpoint({
  method: 'PUT',
  path: '/_synapse/admin/v2/users/:userId/devices/:deviceId',
  auth: 'admin',
  body: Type.Object({ display_name: Type.String() }),
  handler: async ({ deps, params, body }) => {
    const { userId } = await requireAccount(deps.accounts, params.userId);
    await deps.accounts.deviceRegistry.rename({ userId, deviceId: params.deviceId, displayName: body.display_name });
    return {};
  },
});

export const adminDeleteDevice = adminEndpoint({
  method: 'DELETE',
  path: '/_synapse/admin/v2/users/:userId/devices/:deviceId',
  auth: 'admin',
  handler: async ({ deps, params }) => {
    const { userId } = await requireAccount(deps.accounts, params.userId);
    await deps.accounts.deviceRegistry.delete(userId, [params.deviceId]);
    return {};
  },
});

export const adminDeleteDevices = adminEndpoint({
  method: 'POST',
  path: '/_synapse/admin/v2/users/:userId/delete_devices',
  auth: 'admin',
  body: Type.Object({ devices: Type.Array(Type.String(), { maxItems: DEVICES_MAX }) }),
  handler: async ({ deps, params, body }) => {
    const { userId } = await requireAccount(deps.accounts, params.userId);
    await deps.accounts.deviceRegistry.delete(
      userId,
      body.devices.map(parseDeviceId).filter((id) => id !== null),
    );
    return {};
  },
});

function adminDeviceFields(userId: UserId, device: DeviceRow): JsonObject {
  return {
    device_id: device.deviceId,
    user_id: userId,
    display_name: device.displayName,
    last_seen_ip: device.lastSeenIp,
    last_seen_ts: device.lastSeenTs,
    last_seen_user_agent: device.lastSeenAgent,
  };
}
