import { signedText } from '../../core/crypto/sign-json.ts';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import { isOpaque } from '../../core/ids/sigil-id.ts';
import { canonicalJson } from '../../core/json/canonical-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json-value.ts';
import { KEY_BYTES_MAX, KEYS_PER_UPLOAD_MAX } from './limits.ts';
import type { CrossSigningUsage, PublishedKey } from './store.ts';

/**
 * Identity keys as a device uploads them. Whether the device signed them is for other clients to check; the server sees to it that they
 * name the user and device that sent them.
 *
 * @throws MatrixError `M_BAD_JSON`, `M_INVALID_PARAM`
 * @see https://spec.matrix.org/v1.19/client-server-api/#device-keys
 */
export function checkDeviceKeys(value: JsonValue, owner: { userId: UserId; deviceId: DeviceId }): JsonObject {
  if (!isJsonObject(value)) throw malformed('device_keys is not an object');
  if (value['user_id'] !== owner.userId) throw invalid('device_keys.user_id is not the user of this access token');
  if (value['device_id'] !== owner.deviceId) throw invalid('device_keys.device_id is not the device of this access token');
  const { algorithms, keys, signatures } = value;
  if (!Array.isArray(algorithms) || !algorithms.every((algorithm) => typeof algorithm === 'string'))
    throw malformed('device_keys.algorithms is not a list of strings');
  if (!isJsonObject(keys) || !Object.values(keys).every((key) => typeof key === 'string'))
    throw malformed('device_keys.keys is not an object of strings');
  if (!isJsonObject(signatures)) throw malformed('device_keys.signatures is not an object');
  checkSize(value, 'device_keys');
  return value;
}

/**
 * One-time or fallback keys: `<algorithm>:<key id>` → a string or a signed object.
 *
 * @throws MatrixError `M_BAD_JSON`, `M_INVALID_PARAM`, `M_TOO_LARGE`
 * @see https://spec.matrix.org/v1.19/client-server-api/#one-time-and-fallback-keys
 */
export function parsePublishedKeys(
  value: JsonValue | undefined,
  owner: { userId: UserId; deviceId: DeviceId },
  field: 'one_time_keys' | 'fallback_keys',
): PublishedKey[] {
  if (value === undefined || value === null) return [];
  if (!isJsonObject(value)) throw malformed(`${field} is not an object`);
  const entries = Object.entries(value);
  if (entries.length > KEYS_PER_UPLOAD_MAX) throw new MatrixError('M_TOO_LARGE', `More than ${KEYS_PER_UPLOAD_MAX} keys in ${field}`);
  return entries.map(([name, key]) => {
    const colon = name.indexOf(':');
    if (colon <= 0 || colon === name.length - 1 || name.length > 255 || !isOpaque(name))
      throw invalid(`A name in ${field} is not <algorithm>:<key id>`);
    if (typeof key !== 'string' && !isJsonObject(key)) throw malformed(`${field}: ${name} is neither a string nor an object`);
    if (isJsonObject(key) && typeof key['key'] !== 'string') throw malformed(`${field}: ${name} has no key`);
    checkSize(key, name);
    // The canonical form, so that the same key is the same text however its members are ordered.
    return { ...owner, algorithm: name.slice(0, colon), keyId: name.slice(colon + 1), json: canonicalJson(key) };
  });
}

export interface CrossSigningKey {
  readonly usage: CrossSigningUsage;
  readonly publicKey: string;
  readonly object: JsonObject;
}

/**
 * @throws MatrixError `M_BAD_JSON`, `M_INVALID_PARAM`
 * @see https://spec.matrix.org/v1.19/client-server-api/#cross-signing
 */
export function checkCrossSigningKey(value: JsonValue | undefined, userId: UserId, usage: CrossSigningUsage): CrossSigningKey | null {
  if (value === undefined || value === null) return null;
  const field = `${usage}_key`;
  if (!isJsonObject(value)) throw malformed(`${field} is not an object`);
  if (value['user_id'] !== userId) throw invalid(`${field}.user_id is not the user of this access token`);
  if (!Array.isArray(value['usage']) || !value['usage'].includes(usage)) throw invalid(`${field}.usage does not contain ${usage}`);
  const keys = isJsonObject(value['keys']) ? Object.entries(value['keys']) : [];
  const [name, publicKey] = keys[0] ?? [];
  if (
    keys.length !== 1 ||
    typeof publicKey !== 'string' ||
    name !== `ed25519:${publicKey}` ||
    publicKey.length > 255 ||
    !isOpaque(publicKey)
  )
    throw invalid(`${field}.keys is not one key named after itself`);
  if (value['signatures'] !== undefined && !isJsonObject(value['signatures'])) throw malformed(`${field}.signatures is not an object`);
  checkSize(value, field);
  return { usage, publicKey, object: value };
}

/** Whether two keys are the same but for their signatures. */
export function isSameKey(a: JsonObject, b: JsonObject): boolean {
  return signedText(a) === signedText(b);
}

/** `signatures[signer]` as far as it is well-formed. */
export function signaturesBy(object: JsonObject, signer: string): [keyId: string, signature: string][] {
  const all = object['signatures'];
  const own = isJsonObject(all) && Object.hasOwn(all, signer) ? all[signer] : undefined;
  if (!isJsonObject(own)) return [];
  return Object.entries(own).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

function checkSize(value: JsonValue, what: string): void {
  if (Buffer.byteLength(JSON.stringify(value)) > KEY_BYTES_MAX)
    throw new MatrixError('M_TOO_LARGE', `${what} has more than ${KEY_BYTES_MAX} bytes`);
}

/** Of another shape than the object has, or without something that it must have. */
function malformed(message: string): MatrixError {
  return new MatrixError('M_BAD_JSON', message);
}

/** Of the right shape, but not for this user, device or purpose. */
function invalid(message: string): MatrixError {
  return new MatrixError('M_INVALID_PARAM', message);
}
