import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { isJsonObject } from '../../../core/json/json-value.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { E2eeDeps } from '../deps.ts';
import { queryLocalKeys } from '../query-keys.ts';
import { readLastChange } from '../store.ts';

/**
 * A user's devices that have identity keys. `stream_id` is the position of their newest change: what device list updates will be numbered by.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1userdevicesuserid
 */
export const federationUserDevices = endpointFactory<E2eeDeps>()({
  method: 'GET',
  path: '/_matrix/federation/v1/user/devices/:userId',
  auth: 'server',
  async handler({ deps, params: { userId } }) {
    if (!deps.users.isLocal(userId)) throw new MatrixError('M_INVALID_PARAM', 'Not a user of this server');
    // Read first: a change in between shows up as a newer number than the list, and is fetched again.
    const streamId = await readLastChange(deps.db, userId);
    const keys = await queryLocalKeys(deps, new Map([[userId, []]]), null);
    const devices = keys.device_keys[userId];
    if (devices === undefined) throw new MatrixError('M_NOT_FOUND', 'Unknown user');
    const master = keys.master_keys[userId];
    const selfSigning = keys.self_signing_keys[userId];
    return {
      user_id: userId,
      stream_id: streamId,
      devices: Object.entries(devices).map(([deviceId, device]) => {
        const { unsigned, ...deviceKeys } = isJsonObject(device) ? device : {};
        const name = isJsonObject(unsigned) ? unsigned['device_display_name'] : undefined;
        return { device_id: deviceId, keys: deviceKeys, ...(name === undefined ? {} : { device_display_name: name }) };
      }),
      ...(master === undefined ? {} : { master_key: master }),
      ...(selfSigning === undefined ? {} : { self_signing_key: selfSigning }),
    };
  },
});
