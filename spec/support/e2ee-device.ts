import { randomBytes } from 'node:crypto';
import { type SigningKey, signingKeyFromSeed } from '../../src/core/crypto/ed25519.ts';
import { signJson } from '../../src/core/crypto/sign-json.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';

/** Identity keys of a device as a client makes them, and the key they are signed with. */
export function deviceKeysOf(userId: string, deviceId: string): { key: SigningKey; json: JsonObject } {
  const key = signingKeyFromSeed(randomBytes(32), deviceId);
  const keys = { [`ed25519:${deviceId}`]: key.publicKey.base64, [`curve25519:${deviceId}`]: 'c'.repeat(43) };
  const json = { user_id: userId, device_id: deviceId, algorithms: ['m.olm.v1.curve25519-aes-sha2'], keys };
  return { key, json: signJson(json, { name: userId, key }) };
}

export interface CrossSigningSet {
  readonly master: SigningKey;
  readonly selfSigning: SigningKey;
  readonly userSigning: SigningKey;
  /** Body of `POST /keys/device_signing/upload`. */
  readonly body: { master_key: JsonObject; self_signing_key: JsonObject; user_signing_key: JsonObject };
}

export function crossSigningOf(userId: string): CrossSigningSet {
  const master = publicKeyNamed();
  const selfSigning = publicKeyNamed();
  const userSigning = publicKeyNamed();
  const object = (usage: string, key: SigningKey): JsonObject => ({
    user_id: userId,
    usage: [usage],
    keys: { [key.keyId]: key.publicKey.base64 },
  });
  const signed = (usage: string, key: SigningKey): JsonObject => signJson(object(usage, key), { name: userId, key: master });
  return {
    master,
    selfSigning,
    userSigning,
    body: {
      master_key: object('master', master),
      self_signing_key: signed('self_signing', selfSigning),
      user_signing_key: signed('user_signing', userSigning),
    },
  };
}

/** Cross-signing keys are named after their own public half. */
function publicKeyNamed(): SigningKey {
  const seed = randomBytes(32);
  return signingKeyFromSeed(seed, signingKeyFromSeed(seed, '').publicKey.base64);
}
