import { decodeBase64, encodeBase64 } from './base64.ts';
import { ED25519_SEED_BYTES, type SigningKey, signingKeyFromSeed } from './ed25519.ts';

export const SIGNING_KEYS_MAX = 100;

export type ParsedSigningKeys = { ok: true; keys: SigningKey[] } | { ok: false; reason: string };

/**
 * Reads a `signing.key` file in the format that Synapse writes: one key per line,
 * `ed25519 <version> <seed in unpadded base64>`. The first key signs. Blank lines and lines with `#` are skipped.
 */
export function parseSigningKeyFile(text: string): ParsedSigningKeys {
  const keys: SigningKey[] = [];
  const lines = text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [algorithm, version, seed64, ...rest] = line.split(/\s+/);
    const at = `line ${index + 1}`;
    if (algorithm !== 'ed25519') return { ok: false, reason: `${at}: the algorithm is not ed25519` };
    if (version === undefined || !/^[A-Za-z0-9_]+$/.test(version))
      return { ok: false, reason: `${at}: the key version is not of [A-Za-z0-9_]` };
    const seed = decodeBase64(seed64);
    if (seed === null || seed.byteLength !== ED25519_SEED_BYTES)
      return { ok: false, reason: `${at}: the seed is not ${ED25519_SEED_BYTES} bytes of base64` };
    if (rest.length > 0) return { ok: false, reason: `${at}: more than three fields` };
    if (keys.some((key) => key.version === version)) return { ok: false, reason: `${at}: key version ${version} stands there twice` };
    if (keys.length === SIGNING_KEYS_MAX) return { ok: false, reason: `more than ${SIGNING_KEYS_MAX} keys` };
    keys.push(signingKeyFromSeed(seed, version));
  }
  return keys.length === 0 ? { ok: false, reason: 'no key' } : { ok: true, keys };
}

/** The file that `parseSigningKeyFile` reads. It holds secrets: write it readable by the server only. */
export function formatSigningKeyFile(keys: readonly SigningKey[]): string {
  return keys.map((key) => `ed25519 ${key.version} ${encodeBase64(key.seed)}\n`).join('');
}
