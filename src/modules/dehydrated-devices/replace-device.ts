import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import { write } from '../../plugin-api/commit.ts';
import type { DehydratedDeps } from './deps.ts';
import { DEVICE_DATA_BYTES_MAX } from './limits.ts';
import { dehydratedDeviceWriter, readDehydrated } from './store.ts';

/**
 * Makes the user's dehydrated device, which takes the place of an earlier one: a real device, so that others encrypt for it, with its keys
 * and its encrypted private part stored in one commit. The earlier device is deleted once the new one is on disk, so that there is
 * no moment without one.
 *
 * @throws MatrixError
 */
export async function replaceDevice(
  deps: DehydratedDeps,
  device: { userId: UserId; deviceId: DeviceId; displayName: string | null; deviceData: object; keys: JsonObject },
): Promise<void> {
  const { userId, deviceId } = device;
  const deviceData = JSON.stringify(device.deviceData);
  if (Buffer.byteLength(deviceData) > DEVICE_DATA_BYTES_MAX)
    throw new MatrixError('M_TOO_LARGE', `device_data has more than ${DEVICE_DATA_BYTES_MAX} bytes`);
  await deps.replacing.run(userId, async () => {
    const [old, devices] = await Promise.all([readDehydrated(deps.db, userId), deps.users.devices(userId)]);
    const exists = devices.some((known) => known.deviceId === deviceId);
    if (exists && old?.deviceId !== deviceId) throw new MatrixError('M_INVALID_PARAM', 'The device id belongs to another device');
    if (!exists) await deps.users.createDevice({ userId, deviceId, displayName: device.displayName });
    try {
      const writes = [write(dehydratedDeviceWriter, { userId, deviceId, deviceData })];
      await deps.deviceKeys().upload({ userId, deviceId, body: device.keys, writes });
    } catch (error) {
      if (!exists) await deps.users.deleteDevices(userId, [deviceId]);
      throw error;
    }
    if (old !== null && old.deviceId !== deviceId) await deps.users.deleteDevices(userId, [old.deviceId]);
  });
}
