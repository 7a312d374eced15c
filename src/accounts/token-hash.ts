import { createHash } from 'node:crypto';

/** What is stored of a token. Tokens are long and random, so one round of a fast hash keeps them secret. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
