import { argon2, type Argon2Parameters, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Rng } from '../platform/rng.ts';

/** Cost of a hash: 19 MiB, two passes (OWASP's recommendation for argon2id); about 40 ms of one core. */
const PASSWORD_COST = { memoryKib: 19_456, passes: 2, parallelism: 1, tagBytes: 32, saltBytes: 16 } as const;

/** Hashes that run at the same time, in the thread pool of libuv: the rest of the server needs threads as well. */
export const PASSWORD_HASHES_RUNNING_MAX = 2;
/** Hashes that wait; beyond this sign-ins are refused for a moment. */
export const PASSWORD_HASHES_WAITING_MAX = 100;
/** Characters of a password, so that hashing is not fed megabytes. */
export const PASSWORD_LENGTH_MAX = 512;

const hash = promisify(argon2) as (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>;

/** `$argon2id$v=19$m=…,t=…,p=…$salt$tag` */
export async function hashPassword(password: string, rng: Rng): Promise<string> {
  const { memoryKib, passes, parallelism, tagBytes, saltBytes } = PASSWORD_COST;
  const salt = rng.bytes(saltBytes);
  const tag = await hash('argon2id', { message: password, nonce: salt, memory: memoryKib, passes, parallelism, tagLength: tagBytes });
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,171})$/;

/** Compares in constant time. A stored text that is no argon2id hash matches nothing. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const match = PHC.exec(stored);
  if (match === null) return false;
  const [, memory, passes, parallelism, salt = '', tag = ''] = match;
  const expected = Buffer.from(tag, 'base64');
  const actual = await hash('argon2id', {
    message: password,
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  });
  return timingSafeEqual(actual, expected);
}

/** Whether a hash was made with other costs than today's. */
export function isPasswordHashOutdated(stored: string): boolean {
  const { memoryKib, passes, parallelism } = PASSWORD_COST;
  return !stored.startsWith(`$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$`);
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
