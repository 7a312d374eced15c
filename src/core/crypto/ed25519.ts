import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { decodeBase64, encodeBase64 } from './base64.ts';

export const ED25519_SEED_BYTES = 32;
const ED25519_PUBLIC_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;

/** A server's own key. Keep it: making the native key object costs more than a signature. */
export interface SigningKey {
  /** `ed25519:<version>` */
  readonly keyId: string;
  readonly version: string;
  readonly seed: Uint8Array;
  readonly publicKey: VerifyKey;
  readonly privateKeyObject: KeyObject;
}

/** Somebody's public key, ready to verify with. Cache it per key, for the same reason. */
export interface VerifyKey {
  /** Unpadded standard base64 of the 32 bytes. */
  readonly base64: string;
  readonly keyObject: KeyObject;
}

/** DER headers of RFC 8410: what stands before the 32 bytes of an Ed25519 key. */
const PKCS8_HEADER = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex');

/** @throws RangeError unless the seed has 32 bytes */
export function signingKeyFromSeed(seed: Uint8Array, version: string): SigningKey {
  if (seed.byteLength !== ED25519_SEED_BYTES)
    throw new RangeError(`An Ed25519 seed has ${ED25519_SEED_BYTES} bytes, not ${seed.byteLength}`);
  const privateKeyObject = createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, seed]), format: 'der', type: 'pkcs8' });
  const keyObject = createPublicKey(privateKeyObject);
  const raw = keyObject.export({ format: 'der', type: 'spki' }).subarray(SPKI_HEADER.length);
  return { keyId: `ed25519:${version}`, version, seed, publicKey: { base64: encodeBase64(raw), keyObject }, privateKeyObject };
}

/** A public key as it stands in JSON (either base64 alphabet); null unless it is 32 bytes. */
export function parseVerifyKey(base64: unknown): VerifyKey | null {
  const raw = decodeBase64(base64);
  if (raw === null || raw.byteLength !== ED25519_PUBLIC_KEY_BYTES) return null;
  return {
    base64: encodeBase64(raw),
    keyObject: createPublicKey({ key: Buffer.concat([SPKI_HEADER, raw]), format: 'der', type: 'spki' }),
  };
}

/** The signature over a text's UTF-8 form, in unpadded base64. */
export function signText(text: string, key: SigningKey): string {
  return encodeBase64(sign(null, Buffer.from(text), key.privateKeyObject));
}

/** False for a wrong signature and for one that is not 64 bytes of base64. Signatures with S ≥ L (malleable ones) are refused. */
export function verifyText(text: string, signature: unknown, key: VerifyKey): boolean {
  const bytes = decodeBase64(signature);
  if (bytes === null || bytes.byteLength !== ED25519_SIGNATURE_BYTES) return false;
  return verify(null, Buffer.from(text), key.keyObject, bytes);
}
