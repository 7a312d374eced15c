import { Type } from 'typebox';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { parseDeviceId } from '../../../core/ids/device-id.ts';
import { isJsonObject, type JsonValue } from '../../../core/json/json-value.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import { type DehydratedDeps, PREFIX } from '../deps.ts';
import { BODY_BYTES_MAX } from '../limits.ts';
import { replaceDevice } from '../replace-device.ts';
import { readDehydrated } from '../store.ts';

const defineEndpoint = endpointFactory<DehydratedDeps>();

const Device = Type.Object({
  device_id: Type.String(),
  device_data: Type.Object({ algorithm: Type.String() }),
  initial_device_display_name: Type.Optional(Type.String({ maxLength: 255 })),
  device_keys: Type.Object({}),
  one_time_keys: Type.Optional(Type.Object({})),
  fallback_keys: Type.Optional(Type.Object({})),
});

export const putDehydratedDevice = defineEndpoint({
  method: 'PUT',
  path: PREFIX,
  auth: 'user',
  body: Device,
  bodyLimit: BODY_BYTES_MAX,
  async handler({ deps, requester, body }) {
    const deviceId = parseDeviceId(body.device_id);
    if (deviceId === null) throw new MatrixError('M_INVALID_PARAM', 'Not a device id');
    await replaceDevice(deps, {
      userId: requester.userId,
      deviceId,
      displayName: body.initial_device_display_name ?? null,
      deviceData: body.device_data,
      keys: {
        device_keys: isJsonObject(body.device_keys) ? body.device_keys : {},
        ...(isJsonObject(body.one_time_keys) ? { one_time_keys: body.one_time_keys } : {}),
        ...(isJsonObject(body.fallback_keys) ? { fallback_keys: body.fallback_keys } : {}),
      },
    });
    return { device_id: deviceId };
  },
});

export const getDehydratedDevice = defineEndpoint({
  method: 'GET',
  path: PREFIX,
  auth: 'user',
  async handler({ deps, requester }) {
    const device = await readDehydrated(deps.db, requester.userId);
    if (device === null) throw noDevice();
    return { device_id: device.deviceId, device_data: JSON.parse(device.deviceData) as JsonValue };
  },
});

export const deleteDehydratedDevice = defineEndpoint({
  method: 'DELETE',
  path: PREFIX,
  auth: 'user',
  handler: ({ deps, requester: { userId } }) =>
    deps.replacing.run(userId, async () => {
      const device = await readDehydrated(deps.db, userId);
      if (device === null) throw noDevice();
      await deps.users.deleteDevices(userId, [device.deviceId]);
      return { device_id: device.deviceId };
    }),
});

function noDevice(): MatrixError {
  return new MatrixError('M_NOT_FOUND', 'No dehydrated device');
}
