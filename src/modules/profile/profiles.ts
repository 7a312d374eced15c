import { LRUCache } from 'lru-cache';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { UserId } from '../../core/ids/brands.ts';
import type { JsonObject, JsonValue } from '../../core/json/json-value.ts';
import { KeyedQueue } from '../../platform/keyed-queue.ts';
import { type CommitPort, write } from '../../plugin-api/commit.ts';
import type { ProfilePort, UsersPort } from '../../plugin-api/ports.ts';
import type { RemoteProfilesSlot } from '../../plugin-api/slots.ts';
import { PROFILE_BYTES_MAX } from './profile-field.ts';
import { type ProfileStore, profileWriter } from './store.ts';

/** Profiles kept in memory. */
const PROFILES_CACHED_MAX = 20_000;

const STREAM = 'profile';

/** https://spec.matrix.org/v1.19/client-server-api/#profiles */
export class Profiles implements ProfilePort {
  readonly #store: ProfileStore;
  readonly #commits: CommitPort;
  readonly #users: Pick<UsersPort, 'isLocal' | 'exists'>;
  readonly #remote: () => RemoteProfilesSlot | null;
  readonly #cache = new LRUCache<UserId, JsonObject>({ max: PROFILES_CACHED_MAX });
  readonly #changes = new KeyedQueue<UserId>();

  constructor(deps: {
    store: ProfileStore;
    commits: CommitPort;
    users: Pick<UsersPort, 'isLocal' | 'exists'>;
    remote: () => RemoteProfilesSlot | null;
  }) {
    this.#store = deps.store;
    this.#commits = deps.commits;
    this.#users = deps.users;
    this.#remote = deps.remote;
  }

  start(): void {
    this.#commits.onBatch((entries) => {
      // Another node's change.
      for (const entry of entries)
        if (entry.stream === STREAM && entry.live !== this) for (const userId of entry.users) this.#cache.delete(userId);
    });
  }

  /** `null` when there is no such user, or their server does not say. */
  async get(userId: UserId): Promise<JsonObject | null> {
    if (!this.#users.isLocal(userId)) return (await this.#remote()?.get(userId)) ?? null;
    return this.getLocal(userId);
  }

  async getLocal(userId: UserId): Promise<JsonObject | null> {
    const cached = this.#cache.get(userId);
    if (cached !== undefined) return cached;
    const stored = await this.#store.get(userId);
    if (stored === null && !(await this.#users.exists(userId))) return null;
    // A change that was committed meanwhile has put the newer one there.
    if (!this.#cache.has(userId)) this.#cache.set(userId, stored ?? {});
    return this.#cache.get(userId) ?? {};
  }

  /** `undefined` removes the field. Resolves with whether anything changed; throws M_PROFILE_TOO_LARGE. */
  set(userId: UserId, field: string, value: JsonValue | undefined): Promise<boolean> {
    return this.#changes.run(userId, async () => {
      const { [field]: previous, ...others } = (await this.getLocal(userId)) ?? {};
      if (JSON.stringify(previous) === JSON.stringify(value)) return false;
      const fields: JsonObject = value === undefined ? others : { ...others, [field]: value };
      if (Buffer.byteLength(JSON.stringify(fields)) >= PROFILE_BYTES_MAX) {
        throw new MatrixError('M_PROFILE_TOO_LARGE', `A profile has less than ${PROFILE_BYTES_MAX} bytes`);
      }
      await this.#commit(userId, fields);
      return true;
    });
  }

  clear(userId: UserId): Promise<void> {
    return this.#changes.run(userId, () => this.#commit(userId, {}));
  }

  async #commit(userId: UserId, fields: JsonObject): Promise<void> {
    await this.#commits.commit({
      stream: STREAM,
      durability: 'durable',
      writes: [write(profileWriter, { userId, fields })],
      users: [userId],
      live: this,
      onCommitted: () => this.#cache.set(userId, fields),
    });
  }
}
