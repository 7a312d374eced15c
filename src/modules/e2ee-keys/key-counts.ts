import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import { ByteCache } from '../../platform/byte-cache.ts';
import type { Database } from '../../plugin-api/commit.ts';
import { COUNTS_BYTES_MAX } from './limits.ts';
import { countKeys } from './store.ts';

export interface KeyCounts {
  /** Unclaimed one-time keys by algorithm. */
  readonly oneTime: { readonly [algorithm: string]: number };
  /** Algorithms whose fallback key nobody has got yet. */
  readonly unusedFallback: readonly string[];
}

/** What every sync answer says of the device's keys; from memory unless something changed. */
export class KeyCountCache {
  readonly #db: Database;
  readonly #cache = new ByteCache<string, KeyCounts>({ name: 'one_time_key_counts', bytesMax: COUNTS_BYTES_MAX, sizeOf: () => 400 });

  constructor(db: Database) {
    this.#db = db;
  }

  async get(userId: UserId, deviceId: DeviceId): Promise<KeyCounts> {
    const counts = await this.#cache.fetch(keyOf(userId, deviceId), async () => {
      const { oneTime, unusedFallback } = await countKeys(this.#db, userId, deviceId);
      // Clients take a missing count for "not said", not for zero.
      return { oneTime: { signed_curve25519: 0, ...oneTime }, unusedFallback };
    });
    if (counts === null) throw new Error('counting keys always finds a number');
    return counts;
  }

  /** To be called after the change is committed. */
  drop(userId: UserId, deviceId: DeviceId): void {
    this.#cache.delete(keyOf(userId, deviceId));
  }
}

function keyOf(userId: UserId, deviceId: DeviceId): string {
  return `${userId} ${deviceId}`;
}
