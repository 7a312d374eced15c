import type { UserId } from '../../core/ids/brands.ts';
import type { JsonObject, JsonValue } from '../../core/json/json-value.ts';
import type { E2eeDeps } from './deps.ts';
import { type Claim, type PublishedKey, takeOneTimeKeys, useFallbackKeys } from './store.ts';

/**
 * One key for each claim on a device of this server: the oldest one-time key, which nobody else will ever get, or else the fallback key.
 * Devices without either are left out.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysclaim
 */
export async function claimLocalKeys(
  deps: Pick<E2eeDeps, 'db' | 'clock' | 'commits' | 'counts'>,
  claims: readonly Claim[],
): Promise<{ [userId: string]: JsonObject }> {
  if (claims.length === 0) return {};
  const oneTime = await takeOneTimeKeys(deps.db, claims, deps.clock.now());
  const served = new Set(oneTime.map(nameOf));
  const rest = claims.filter((claim) => !served.has(nameOf(claim)));
  const fallback = rest.length === 0 ? [] : await useFallbackKeys(deps.db, rest);

  const firstUses = fallback.filter((key) => key.firstUse);
  const changed = [...oneTime, ...firstUses];
  for (const { userId, deviceId } of changed) deps.counts.drop(userId, deviceId);
  if (changed.length > 0) {
    await deps.commits.commit({
      stream: 'one_time_key',
      durability: 'memory',
      writes: [],
      // A device learns of a smaller count with its next sync; one that has run out must act at once.
      users: [...new Set<UserId>(firstUses.map((key) => key.userId))],
      data: { keys_of: changed.map(({ userId, deviceId }) => ({ user_id: userId, device_id: deviceId })) },
    });
  }
  return answer([...oneTime, ...fallback]);
}

function answer(keys: readonly PublishedKey[]): { [userId: string]: JsonObject } {
  const users: { [userId: string]: { [deviceId: string]: JsonObject } } = {};
  for (const { userId, deviceId, algorithm, keyId, json } of keys) {
    const devices = (users[userId] ??= {});
    devices[deviceId] = { ...devices[deviceId], [`${algorithm}:${keyId}`]: JSON.parse(json) as JsonValue };
  }
  return users;
}

function nameOf({ userId, deviceId, algorithm }: Claim): string {
  return JSON.stringify([userId, deviceId, algorithm]);
}
