import { createHmac } from 'node:crypto';
import type { UserId } from '../../core/ids/brands.ts';

/**
 * Credentials that a relay can check without asking anybody: the name says when they end (seconds since 1970) and whose they are, the
 * password is its HMAC-SHA1 under the secret shared with the relay.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-uberti-behave-turn-rest-00#section-2.2
 */
export function turnCredentials(options: { sharedSecret: string; userId: UserId; now: number; ttlSeconds: number }): {
  username: string;
  password: string;
} {
  const { sharedSecret, userId, now, ttlSeconds } = options;
  const username = `${Math.floor(now / 1000) + ttlSeconds}:${userId}`;
  return { username, password: createHmac('sha1', sharedSecret).update(username).digest('base64') };
}
