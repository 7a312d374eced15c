import { parseVerifyKey, type VerifyKey, verifyText } from '../../core/crypto/ed25519.ts';
import { signedText } from '../../core/crypto/sign-json.ts';
import type { ErrorCode } from '../../core/errors/error-codes.ts';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { UserId } from '../../core/ids/brands.ts';
import { parseUserId } from '../../core/ids/user-id.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json-value.ts';
import { write } from '../../plugin-api/commit.ts';
import type { E2eeDeps } from './deps.ts';
import { type DeviceListChange, deviceListRecord } from './device-changes.ts';
import { signaturesBy } from './key-objects.ts';
import { SIGNED_KEYS_MAX } from './limits.ts';
import {
  type CrossSigningKeyRow,
  type KeySignature,
  keySignatureWriter,
  readCrossSigningKeys,
  readDeviceKeys,
  readSignatures,
} from './store.ts';

export type SignatureFailures = { [userId: string]: { [keyId: string]: SignatureFailure } };

type SignatureFailure = { errcode: ErrorCode; error: string };

/** A key that signatures may be added to, and the keys whose signatures on it are taken. */
interface Target {
  readonly stored: JsonObject;
  readonly signers: ReadonlyMap<string, VerifyKey>;
}

/**
 * Adds signatures by the requester: of their self-signing key on their devices, of their devices on their master key, and of their
 * user-signing key on other users' master keys. Each is checked; the others in a signed object are ignored. What fails is reported per
 * key and does not hinder the rest. A signature that is stored already changes nothing.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keyssignaturesupload
 */
export async function uploadSignatures(deps: E2eeDeps, requester: UserId, body: JsonObject): Promise<SignatureFailures> {
  const items = Object.entries(body).flatMap(([userId, keys]) =>
    isJsonObject(keys) ? Object.entries(keys).map(([keyId, object]) => ({ userId, keyId, object })) : [],
  );
  if (items.length > SIGNED_KEYS_MAX) throw new MatrixError('M_TOO_LARGE', `More than ${SIGNED_KEYS_MAX} keys in one request`);
  return deps.uploads.run(requester, async () => {
    const userIds = [...new Set([requester, ...items.map((item) => parseUserId(item.userId)).filter((userId) => userId !== null)])];
    const [devices, crossSigning, known] = await Promise.all([
      readDeviceKeys(deps.db, [requester]),
      readCrossSigningKeys(deps.db, userIds),
      readSignatures(deps.db, userIds, requester),
    ]);
    const targets = findTargets(requester, devices, crossSigning);
    const stored = new Map(known.map((signature) => [nameOf(signature), signature.signature]));
    // Maps: the names are the client's, and `__proto__` is no place to write to.
    const failures = new Map<string, Map<string, SignatureFailure>>();
    const added: KeySignature[] = [];
    for (const { userId, keyId, object } of items) {
      try {
        const signatures = checkSignatures(targets.get(targetName(userId, keyId)), object, requester);
        const named = signatures.map(([signerKeyId, signature]) => ({
          userId: userId as UserId,
          target: keyId,
          signer: requester,
          signerKeyId,
          signature,
        }));
        added.push(...named.filter((signature) => stored.get(nameOf(signature)) !== signature.signature));
      } catch (error) {
        if (!(error instanceof MatrixError)) throw error;
        const ofUser = failures.get(userId) ?? new Map<string, SignatureFailure>();
        failures.set(userId, ofUser.set(keyId, { errcode: error.errcode, error: error.message }));
      }
    }
    if (added.length > 0) {
      await deps.commits.commit(
        await deviceListRecord(deps.rooms, {
          changes: changesOf(requester, added),
          writes: added.map((signature) => write(keySignatureWriter, signature)),
        }),
      );
    }
    return Object.fromEntries([...failures].map(([userId, ofUser]) => [userId, Object.fromEntries(ofUser)]));
  });
}

/** Own keys changed for everybody; signatures on others' keys are seen by the signer alone. */
function changesOf(requester: UserId, added: readonly KeySignature[]): DeviceListChange[] {
  return [...new Set(added.map((signature) => signature.userId))].map((userId) =>
    userId === requester ? { userId } : { userId, viewer: requester },
  );
}

function findTargets(
  requester: UserId,
  devices: readonly { deviceId: string; json: string }[],
  crossSigning: readonly CrossSigningKeyRow[],
): Map<string, Target> {
  const targets = new Map<string, Target>();
  const own = crossSigning.filter((key) => key.userId === requester);
  const keyFor = (usage: CrossSigningKeyRow['usage']): Map<string, VerifyKey> => {
    const publicKey = own.find((key) => key.usage === usage)?.publicKey;
    const verifyKey = parseVerifyKey(publicKey);
    return verifyKey === null ? new Map() : new Map([[`ed25519:${publicKey}`, verifyKey]]);
  };
  const deviceSigners = new Map<string, VerifyKey>();
  for (const { deviceId, json } of devices) {
    const stored = JSON.parse(json) as JsonObject;
    targets.set(targetName(requester, deviceId), { stored, signers: keyFor('self_signing') });
    const keys = stored['keys'];
    const verifyKey = parseVerifyKey(isJsonObject(keys) ? keys[`ed25519:${deviceId}`] : undefined);
    if (verifyKey !== null) deviceSigners.set(`ed25519:${deviceId}`, verifyKey);
  }
  for (const key of crossSigning) {
    if (key.usage !== 'master') continue;
    const signers = key.userId === requester ? deviceSigners : keyFor('user_signing');
    targets.set(targetName(key.userId, key.publicKey), { stored: JSON.parse(key.json) as JsonObject, signers });
  }
  return targets;
}

function checkSignatures(target: Target | undefined, object: JsonValue | undefined, requester: UserId): [string, string][] {
  if (!isJsonObject(object)) throw new MatrixError('M_INVALID_PARAM', 'Not a signed object');
  if (target === undefined) throw new MatrixError('M_NOT_FOUND', 'No such key, or one that this user cannot sign');
  const text = signedText(target.stored);
  if (signedText(object) !== text) throw new MatrixError('M_INVALID_PARAM', 'The object is not the key that was published');
  const signatures = signaturesBy(object, requester).filter(([keyId]) => target.signers.has(keyId));
  if (signatures.length === 0) throw new MatrixError('M_INVALID_SIGNATURE', 'No signature by a key that may sign this one');
  for (const [keyId, signature] of signatures) {
    const key = target.signers.get(keyId);
    if (key === undefined || !verifyText(text, signature, key)) throw new MatrixError('M_INVALID_SIGNATURE', `Wrong signature by ${keyId}`);
  }
  return signatures;
}

function targetName(userId: string, target: string): string {
  return JSON.stringify([userId, target]);
}

function nameOf({ userId, target, signer, signerKeyId }: Omit<KeySignature, 'signature'>): string {
  return JSON.stringify([userId, target, signer, signerKeyId]);
}
