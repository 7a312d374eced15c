import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import type { E2eeDeps } from './deps.ts';
import {
  type CrossSigningKeyRow,
  type CrossSigningUsage,
  type KeySignature,
  readCrossSigningKeys,
  readDeviceKeys,
  readSignatures,
  type StoredDeviceKey,
} from './store.ts';

export interface QueriedKeys {
  readonly device_keys: { [userId: string]: JsonObject };
  readonly master_keys: JsonObject;
  readonly self_signing_keys: JsonObject;
  readonly user_signing_keys: JsonObject;
}

/**
 * Keys of users of this server, as `viewer` may see them (null: another server asks). Unknown users are left out. Of the signatures
 * only those by the owner and by the viewer are shown, so that nobody learns whom others have verified, and the user-signing key is
 * shown to its owner alone.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-and-signature-security
 */
export async function queryLocalKeys(
  deps: Pick<E2eeDeps, 'db' | 'users'>,
  /** An empty list of devices asks for all. */
  wanted: ReadonlyMap<UserId, readonly string[]>,
  viewer: UserId | null,
): Promise<QueriedKeys> {
  const userIds = [...wanted.keys()];
  const [deviceKeys, crossSigning, signatures, devices] = await Promise.all([
    readDeviceKeys(deps.db, userIds),
    readCrossSigningKeys(deps.db, userIds),
    readSignatures(deps.db, userIds, viewer),
    Promise.all(userIds.map(async (userId) => [userId, await namesOfDevices(deps, userId)] as const)),
  ]);
  const signaturesOf = groupBy(signatures, (signature) => `${signature.userId} ${signature.target}`);
  const keysOf = groupBy(deviceKeys, (key) => key.userId);
  const show = (json: string, userId: UserId, target: string): JsonObject =>
    withVisibleSignatures(JSON.parse(json) as JsonObject, { userId, viewer, added: signaturesOf.get(`${userId} ${target}`) ?? [] });

  const result: QueriedKeys = { device_keys: {}, master_keys: {}, self_signing_keys: {}, user_signing_keys: {} };
  for (const [userId, names] of devices) {
    if (names === null) continue;
    const ids = wanted.get(userId) ?? [];
    const shown = (keysOf.get(userId) ?? []).filter(({ deviceId }) => names.has(deviceId) && (ids.length === 0 || ids.includes(deviceId)));
    result.device_keys[userId] = Object.fromEntries(shown.map((key) => [key.deviceId, showDevice(key, names, show)]));
  }
  const sections: { [Usage in CrossSigningUsage]: JsonObject } = {
    master: result.master_keys,
    self_signing: result.self_signing_keys,
    user_signing: result.user_signing_keys,
  };
  for (const key of crossSigning) {
    if (key.usage === 'user_signing' && key.userId !== viewer) continue;
    sections[key.usage][key.userId] = show(key.json, key.userId, key.publicKey);
  }
  return result;
}

/** Display names by device id; null for a user that does not exist. */
async function namesOfDevices(deps: Pick<E2eeDeps, 'users'>, userId: UserId): Promise<ReadonlyMap<DeviceId, string | null> | null> {
  const devices = await deps.users.devices(userId);
  if (devices.length === 0 && !(await deps.users.exists(userId))) return null;
  return new Map(devices.map((device) => [device.deviceId, device.displayName]));
}

function showDevice(
  key: StoredDeviceKey,
  names: ReadonlyMap<DeviceId, string | null>,
  show: (json: string, userId: UserId, target: string) => JsonObject,
): JsonObject {
  const name = names.get(key.deviceId) ?? null;
  return { ...show(key.json, key.userId, key.deviceId), unsigned: name === null ? {} : { device_display_name: name } };
}

function withVisibleSignatures(
  object: JsonObject,
  options: { userId: UserId; viewer: UserId | null; added: readonly KeySignature[] },
): JsonObject {
  const { unsigned: _unsigned, ...key } = object;
  const uploaded = isJsonObject(key['signatures']) ? key['signatures'] : {};
  const signatures: { [signer: string]: JsonObject } = {};
  for (const signer of new Set([options.userId, options.viewer ?? options.userId])) {
    const own = Object.hasOwn(uploaded, signer) ? uploaded[signer] : undefined;
    const added = options.added.filter((signature) => signature.signer === signer);
    if (!isJsonObject(own) && added.length === 0) continue;
    signatures[signer] = {
      ...(isJsonObject(own) ? own : {}),
      ...Object.fromEntries(added.map(({ signerKeyId, signature }) => [signerKeyId, signature])),
    };
  }
  if (Object.keys(signatures).length === 0 && key['signatures'] === undefined) return key;
  return { ...key, signatures };
}

function groupBy<T extends StoredDeviceKey | KeySignature | CrossSigningKeyRow>(
  items: readonly T[],
  keyOf: (item: T) => string,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
