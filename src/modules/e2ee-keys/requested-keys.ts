import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { ServerName, UserId } from '../../core/ids/brands.ts';
import { parseDeviceId } from '../../core/ids/device-id.ts';
import { isOpaque } from '../../core/ids/sigil-id.ts';
import { parseUserId, serverNameOf } from '../../core/ids/user-id.ts';
import { isJsonObject, type JsonValue } from '../../core/json/json-value.ts';
import type { UsersPort } from '../../plugin-api/ports.ts';
import { CLAIM_DEVICES_MAX, QUERY_USERS_MAX } from './limits.ts';
import type { Claim } from './store.ts';

/** `device_keys` of a query: local users with the devices that are asked for, and the servers of the others. */
export function parseWantedDevices(
  users: Pick<UsersPort, 'isLocal'>,
  wanted: object,
): { local: Map<UserId, string[]>; remote: Set<ServerName> } {
  const entries = Object.entries(wanted) as [string, JsonValue][];
  if (entries.length > QUERY_USERS_MAX) throw new MatrixError('M_TOO_LARGE', `More than ${QUERY_USERS_MAX} users in one query`);
  const local = new Map<UserId, string[]>();
  const remote = new Set<ServerName>();
  for (const [raw, devices] of entries) {
    const userId = parseUserId(raw);
    if (userId === null) throw new MatrixError('M_INVALID_PARAM', `Not a user id: ${raw.slice(0, 255)}`);
    if (!Array.isArray(devices)) throw new MatrixError('M_BAD_JSON', `The devices of ${userId} are not a list`);
    if (users.isLocal(userId))
      local.set(
        userId,
        devices.filter((device) => typeof device === 'string'),
      );
    else remote.add(serverNameOf(userId));
  }
  return { local, remote };
}

/** `one_time_keys` of a claim: at most one key for each device. Devices that cannot exist are left out. */
export function parseClaims(users: Pick<UsersPort, 'isLocal'>, wanted: object): { local: Claim[]; remote: Set<ServerName> } {
  const local: Claim[] = [];
  const remote = new Set<ServerName>();
  for (const [raw, devices] of Object.entries(wanted) as [string, JsonValue][]) {
    const userId = parseUserId(raw);
    if (userId === null || !isJsonObject(devices)) throw new MatrixError('M_INVALID_PARAM', `Not claims on a user: ${raw.slice(0, 255)}`);
    if (!users.isLocal(userId)) {
      remote.add(serverNameOf(userId));
      continue;
    }
    for (const [device, algorithm] of Object.entries(devices)) {
      if (typeof algorithm !== 'string') throw new MatrixError('M_BAD_JSON', `The algorithm for ${userId} is not a string`);
      const deviceId = parseDeviceId(device);
      if (deviceId !== null && isOpaque(algorithm)) local.push({ userId, deviceId, algorithm });
    }
  }
  if (local.length > CLAIM_DEVICES_MAX) throw new MatrixError('M_TOO_LARGE', `More than ${CLAIM_DEVICES_MAX} devices in one claim`);
  return { local, remote };
}
