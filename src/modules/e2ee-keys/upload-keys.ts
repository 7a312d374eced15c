import { MatrixError } from '../../core/errors/matrix-error.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import type { Write } from '../../plugin-api/commit.ts';
import { write } from '../../plugin-api/commit.ts';
import type { DeviceOwner, E2eeDeps } from './deps.ts';
import { deviceListRecord } from './device-changes.ts';
import { checkDeviceKeys, isSameKey, parsePublishedKeys } from './key-objects.ts';
import { FALLBACK_ALGORITHMS_MAX, ONE_TIME_KEYS_PER_DEVICE_MAX } from './limits.ts';
import {
  deviceKeyWriter,
  fallbackKeyWriter,
  oneTimeKeyWriter,
  type PublishedKey,
  readCrossSigningKeys,
  readDeviceKeys,
  readOneTimeKeys,
  targetSignatureRemover,
} from './store.ts';

/**
 * Stores what a device publishes, and `more` with it, in one record of the log. Publishing the same again changes nothing and wakes nobody.
 *
 * @throws MatrixError
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysupload
 */
export async function uploadKeys(deps: E2eeDeps, owner: DeviceOwner, body: JsonObject, more: readonly Write[] = []): Promise<void> {
  const deviceKeys = isPresent(body['device_keys']) ? checkDeviceKeys(body['device_keys'], owner) : null;
  const oneTimeKeys = parsePublishedKeys(body['one_time_keys'], owner, 'one_time_keys');
  const fallbackKeys = parsePublishedKeys(body['fallback_keys'], owner, 'fallback_keys');
  if (new Set(fallbackKeys.map((key) => key.algorithm)).size !== fallbackKeys.length)
    throw new MatrixError('M_INVALID_PARAM', 'More than one fallback key for an algorithm');

  await deps.uploads.run(owner.userId, async () => {
    const identity = deviceKeys === null ? [] : await identityWrites(deps, owner, deviceKeys);
    const newKeys = await newOneTimeKeys(deps, owner, oneTimeKeys);
    await checkRoom(deps, owner, newKeys, fallbackKeys);
    const writes = [
      ...more,
      ...identity,
      ...newKeys.map((key) => write(oneTimeKeyWriter, key)),
      ...fallbackKeys.map((key) => write(fallbackKeyWriter, key)),
    ];
    if (writes.length === 0) return;
    const data = { keys_of: [{ user_id: owner.userId, device_id: owner.deviceId }] };
    await deps.commits.commit(
      identity.length > 0
        ? await deviceListRecord(deps.rooms, { changes: [{ userId: owner.userId }], writes, data: { ...data, device_id: owner.deviceId } })
        : { stream: 'one_time_key', durability: 'durable', writes, data, bytes: writes.length * 400 },
    );
  });
  deps.counts.drop(owner.userId, owner.deviceId);
}

async function identityWrites(deps: E2eeDeps, owner: DeviceOwner, deviceKeys: JsonObject): Promise<Write[]> {
  const [devices, crossSigning] = await Promise.all([
    readDeviceKeys(deps.db, [owner.userId]),
    readCrossSigningKeys(deps.db, [owner.userId]),
  ]);
  // Device ids and cross-signing keys share one namespace of key ids.
  if (crossSigning.some((key) => key.publicKey === owner.deviceId))
    throw new MatrixError('M_FORBIDDEN', 'The device id is the public key of a cross-signing key');
  const json = JSON.stringify(deviceKeys);
  const known = devices.find((device) => device.deviceId === owner.deviceId);
  if (known?.json === json) return [];
  const row = write(deviceKeyWriter, { ...owner, json });
  if (known === undefined || isSameKey(JSON.parse(known.json) as JsonObject, deviceKeys)) return [row];
  return [row, write(targetSignatureRemover, { userId: owner.userId, target: owner.deviceId })];
}

/** Keys that are not stored yet. The same id with another key is refused: it may have been given out. */
async function newOneTimeKeys(deps: E2eeDeps, owner: DeviceOwner, keys: readonly PublishedKey[]): Promise<PublishedKey[]> {
  if (keys.length === 0) return [];
  const stored = new Map((await readOneTimeKeys(deps.db, owner, keys)).map((key) => [`${key.algorithm}:${key.keyId}`, key.json]));
  return keys.filter((key) => {
    const name = `${key.algorithm}:${key.keyId}`;
    const old = stored.get(name);
    if (old !== undefined && old !== key.json) {
      // Clients recognise this text and repair their store.
      throw new MatrixError('M_INVALID_PARAM', `One time key ${name} already exists. Old key: ${old}; new key: ${key.json}`);
    }
    return old === undefined;
  });
}

async function checkRoom(
  deps: E2eeDeps,
  owner: DeviceOwner,
  newKeys: readonly PublishedKey[],
  fallbackKeys: readonly PublishedKey[],
): Promise<void> {
  if (newKeys.length > 0) {
    const { oneTime } = await deps.counts.get(owner.userId, owner.deviceId);
    const count = Object.values(oneTime).reduce((sum, n) => sum + n, newKeys.length);
    if (count > ONE_TIME_KEYS_PER_DEVICE_MAX)
      throw new MatrixError('M_TOO_LARGE', `A device has at most ${ONE_TIME_KEYS_PER_DEVICE_MAX} one-time keys`);
  }
  if (fallbackKeys.length > FALLBACK_ALGORITHMS_MAX)
    throw new MatrixError('M_TOO_LARGE', `A device has fallback keys for at most ${FALLBACK_ALGORITHMS_MAX} algorithms`);
}

function isPresent<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null && (!isJsonObject(value) || Object.keys(value).length > 0);
}
