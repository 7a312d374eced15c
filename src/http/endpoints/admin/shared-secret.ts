import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../platform/clock.ts';
import type { Rng } from '../../../platform/rng.ts';

const NONCE_LIFETIME_MS = 60_000;
const NONCE_RANDOM_LENGTH = 24;

/**
 * Nonces that any node can check and nobody else can make: time, randomness, and a MAC over both. They are not stored: a request
 * that is sent again names an account that exists by then.
 */
export function makeNonce(secret: string, { clock, rng }: { clock: Clock; rng: Rng }): string {
  const text = `${clock.now().toString(36)}.${rng.token(NONCE_RANDOM_LENGTH)}`;
  return `${text}.${nonceMac(secret, text)}`;
}

export function isNonceValid(secret: string, nonce: string, clock: Clock): boolean {
  const [time = '', random = '', mac = ''] = nonce.split('.');
  if (!equal(mac, nonceMac(secret, `${time}.${random}`))) return false;
  const age = clock.now() - Number.parseInt(time, 36);
  return age >= 0 && age < NONCE_LIFETIME_MS;
}

/** HMAC-SHA1 over the fields with NUL between them, in hex, as the tools of Synapse's admin API make it. */
export function isRegistrationMacValid(
  secret: string,
  fields: { nonce: string; username: string; password: string; isAdmin: boolean; userType: string | undefined },
  mac: string,
): boolean {
  const { nonce, username, password, isAdmin, userType } = fields;
  const parts = [nonce, username, password, isAdmin ? 'admin' : 'notadmin', ...(userType === undefined ? [] : [userType])];
  return equal(mac.toLowerCase(), createHmac('sha1', secret).update(parts.join('\0')).digest('hex'));
}

function nonceMac(secret: string, text: string): string {
  return createHmac('sha256', secret).update(`nonce ${text}`).digest('hex').slice(0, 32);
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
