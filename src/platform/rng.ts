import { randomBytes, randomInt } from 'node:crypto';

/** Randomness as a dependency. `systemRng` is fit for secrets; `SeededRng` is for tests only. */
export interface Rng {
  bytes(length: number): Buffer;
  /** An integer, 0 ≤ n < `below`; `below` ≤ 2^48. */
  int(below: number): number;
  /** A number, 0 ≤ x < 1, for jitter and sampling. */
  float(): number;
  /** `length` characters of A–Z a–z 0–9: log2(62) ≈ 5.95 bits each. */
  token(length: number): string;
}

export const systemRng: Rng = {
  bytes: (length) => randomBytes(length),
  int: (below) => randomInt(below),
  float: () => randomInt(2 ** 32) / 2 ** 32,
  token: (length) => tokenFrom(randomBytes, length),
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Characters from a source of bytes, without bias: bytes ≥ 248 (the largest multiple of 62 below 256) are thrown away. */
export function tokenFrom(bytes: (length: number) => Uint8Array, length: number): string {
  let token = '';
  while (token.length < length) {
    for (const byte of bytes(length - token.length + 4)) {
      if (byte < 248 && token.length < length) token += ALPHABET[byte % 62];
    }
  }
  return token;
}
