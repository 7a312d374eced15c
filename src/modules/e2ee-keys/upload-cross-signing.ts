import { parseVerifyKey } from '../../core/crypto/ed25519.ts';
import { verifyJson } from '../../core/crypto/sign-json.ts';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { UserId } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import { write } from '../../plugin-api/commit.ts';
import type { E2eeDeps } from './deps.ts';
import { deviceListRecord } from './device-changes.ts';
import { type CrossSigningKey, checkCrossSigningKey, isSameKey, signaturesBy } from './key-objects.ts';
import {
  type CrossSigningKeyRow,
  crossSigningKeyRemover,
  crossSigningKeyWriter,
  readCrossSigningKeys,
  readDeviceKeys,
  type StoredDeviceKey,
} from './store.ts';

/**
 * Publishes cross-signing keys. `authenticate` is called when the request replaces or adds keys while a master key exists; a first set,
 * or the very keys that are stored, need no authentication beyond the access token.
 *
 * @throws MatrixError `M_INVALID_PARAM`, `M_MISSING_PARAM`, `M_INVALID_SIGNATURE`, `M_FORBIDDEN`
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysdevice_signingupload
 */
export async function uploadCrossSigning(
  deps: E2eeDeps,
  userId: UserId,
  body: JsonObject,
  authenticate: () => Promise<void>,
): Promise<void> {
  const master = checkCrossSigningKey(body['master_key'], userId, 'master');
  const selfSigning = checkCrossSigningKey(body['self_signing_key'], userId, 'self_signing');
  const userSigning = checkCrossSigningKey(body['user_signing_key'], userId, 'user_signing');
  const keys = [master, selfSigning, userSigning].filter((key) => key !== null);
  const publicKeys = new Set(keys.map((key) => key.publicKey));
  if (publicKeys.size !== keys.length) throw new MatrixError('M_INVALID_PARAM', 'The same public key has more than one usage');

  const stored = await readCrossSigningKeys(deps.db, [userId]);
  const storedMaster = stored.find((key) => key.usage === 'master');
  const repeatsStored = keys.every((key) => {
    const old = stored.find((candidate) => candidate.usage === key.usage);
    return old !== undefined && isSameKey(JSON.parse(old.json) as JsonObject, key.object);
  });
  if (storedMaster !== undefined && master !== null && repeatsStored) return;
  if (storedMaster !== undefined) await authenticate();

  await deps.uploads.run(userId, async () => {
    // The authentication took its time: look again.
    const [current, devices, names] = await Promise.all([
      readCrossSigningKeys(deps.db, [userId]),
      readDeviceKeys(deps.db, [userId]),
      deps.users.devices(userId),
    ]);
    const currentMaster = current.find((key) => key.usage === 'master');
    if (storedMaster === undefined && currentMaster !== undefined)
      throw new MatrixError('M_FORBIDDEN', 'Another request has just published keys');
    const masterPublicKey = master?.publicKey ?? currentMaster?.publicKey;
    if (masterPublicKey === undefined) throw new MatrixError('M_MISSING_PARAM', 'No master signing key is available');
    if (names.some((device) => publicKeys.has(device.deviceId))) throw new MatrixError('M_FORBIDDEN', 'Key ID in use');
    for (const key of [selfSigning, userSigning]) if (key !== null) checkSignedByMaster(key, userId, masterPublicKey);
    if (master !== null) checkDeviceSignatures(master, userId, devices);
    if (keys.length === 0) return;

    const obsolete = current.filter((old) => isObsolete(old, { keys, userId, masterPublicKey }));
    await deps.commits.commit(
      await deviceListRecord(deps.rooms, {
        changes: [{ userId }],
        writes: [
          ...obsolete.map(({ publicKey }) => write(crossSigningKeyRemover, { userId, publicKey })),
          ...keys.map(({ usage, publicKey, object }) =>
            write(crossSigningKeyWriter, { userId, usage, publicKey, json: JSON.stringify(object) }),
          ),
        ],
        data: { cross_signing: keys.map((key) => key.usage) },
      }),
    );
  });
}

/** A key that is replaced by another one, or that the new master key has not signed. */
function isObsolete(
  old: CrossSigningKeyRow,
  { keys, userId, masterPublicKey }: { keys: readonly CrossSigningKey[]; userId: UserId; masterPublicKey: string },
): boolean {
  const next = keys.find((key) => key.usage === old.usage);
  if (next !== undefined) return next.publicKey !== old.publicKey;
  if (old.usage === 'master') return false;
  return !isSignedBy(JSON.parse(old.json) as JsonObject, userId, masterPublicKey);
}

function checkSignedByMaster(key: CrossSigningKey, userId: UserId, masterPublicKey: string): void {
  if (!isSignedBy(key.object, userId, masterPublicKey))
    throw new MatrixError('M_INVALID_SIGNATURE', `The ${key.usage} key is not signed by the master key`);
}

function isSignedBy(object: JsonObject, userId: UserId, publicKey: string): boolean {
  const verifyKey = parseVerifyKey(publicKey);
  if (verifyKey === null) return false;
  return verifyJson(object, userId, (keyId) => (keyId === `ed25519:${publicKey}` ? verifyKey : undefined)).ok;
}

/** The master key may come with signatures by the user's devices; wrong ones are refused, those by unknown keys are left alone. */
function checkDeviceSignatures(master: CrossSigningKey, userId: UserId, devices: readonly StoredDeviceKey[]): void {
  if (signaturesBy(master.object, userId).length === 0) return;
  const known = new Map(
    devices.flatMap(({ deviceId, json }) => {
      const { keys } = JSON.parse(json) as JsonObject;
      const keyId = `ed25519:${deviceId}`;
      const key = parseVerifyKey(isJsonObject(keys) ? keys[keyId] : undefined);
      return key === null ? [] : [[keyId, key] as const];
    }),
  );
  if (!signaturesBy(master.object, userId).some(([keyId]) => known.has(keyId))) return;
  const verified = verifyJson(master.object, userId, (keyId) => known.get(keyId));
  if (!verified.ok) throw new MatrixError('M_INVALID_SIGNATURE', `The master key has a ${verified.reason}`);
}
