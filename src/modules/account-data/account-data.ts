import { LRUCache } from 'lru-cache';
import type { UserId } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import { KeyedQueue } from '../../platform/keyed-queue.ts';
import { type CommitPort, type LogEntry, write } from '../../plugin-api/commit.ts';
import type { Happenings } from '../../plugin-api/hooks.ts';
import { LastChanged } from '../../plugin-api/last-changed.ts';
import type { AccountDataKey, AccountDataSlot, IgnoredUsersSlot } from '../../plugin-api/slots.ts';
import { type AccountDataStore, accountDataWriter } from './store.ts';

/** Users whose ignored users are kept in memory. */
const IGNORED_USERS_CACHED_MAX = 50_000;
const IGNORED_USERS_TYPE = 'm.ignored_user_list';
const STREAM = 'account_data';

/** What users keep on the server for their clients. https://spec.matrix.org/v1.19/client-server-api/#client-config */
export class AccountData implements AccountDataSlot, IgnoredUsersSlot {
  readonly #store: AccountDataStore;
  readonly #commits: CommitPort;
  readonly #onChanged: (happening: Happenings['accountDataChanged']) => Promise<void>;
  readonly #ignored = new LRUCache<UserId, ReadonlySet<UserId>>({ max: IGNORED_USERS_CACHED_MAX });
  readonly #changes = new KeyedQueue<string>();
  #lastChanged = new LastChanged<UserId>(Number.POSITIVE_INFINITY);
  /** Grows with every change of a list of ignored users, so that a load that overlaps one is not kept. */
  #version = 0;

  constructor(deps: {
    store: AccountDataStore;
    commits: CommitPort;
    onChanged: (happening: Happenings['accountDataChanged']) => Promise<void>;
  }) {
    this.#store = deps.store;
    this.#commits = deps.commits;
    this.#onChanged = deps.onChanged;
  }

  start(): void {
    this.#lastChanged = new LastChanged(this.#commits.position);
    this.#commits.onBatch((entries) => {
      for (const entry of entries) this.#onEntry(entry);
    });
  }

  get(key: AccountDataKey): Promise<JsonObject | null> {
    return this.#store.get(key);
  }

  set(key: AccountDataKey, content: JsonObject): Promise<void> {
    return this.#commit(key, content);
  }

  delete(key: AccountDataKey): Promise<void> {
    return this.#commit(key, null);
  }

  /** Changes of the same data happen one after the other. */
  update(key: AccountDataKey, change: (content: JsonObject | null) => JsonObject): Promise<void> {
    return this.#changes.run(`${key.userId} ${key.roomId ?? ''} ${key.type}`, async () => this.#commit(key, change(await this.get(key))));
  }

  mayHaveChanged(userId: UserId, from: number): boolean {
    return this.#lastChanged.since(userId, from);
  }

  async ignoredBy(userId: UserId): Promise<ReadonlySet<UserId>> {
    return this.#ignored.get(userId) ?? (await this.ignoredByMany([userId])).get(userId) ?? NOBODY;
  }

  async ignoredByMany(userIds: readonly UserId[]): Promise<Map<UserId, ReadonlySet<UserId>>> {
    const found = new Map<UserId, ReadonlySet<UserId>>();
    const missing: UserId[] = [];
    for (const userId of userIds) {
      const ignored = this.#ignored.get(userId);
      if (ignored === undefined) missing.push(userId);
      else if (ignored.size > 0) found.set(userId, ignored);
    }
    if (missing.length === 0) return found;
    const version = this.#version;
    const lists = await this.#store.ofUsers(missing, IGNORED_USERS_TYPE);
    for (const userId of missing) {
      const ignored = ignoredIn(lists.get(userId) ?? null);
      if (version === this.#version) this.#ignored.set(userId, ignored);
      if (ignored.size > 0) found.set(userId, ignored);
    }
    return found;
  }

  async #commit(key: AccountDataKey, content: JsonObject | null): Promise<void> {
    const { userId, roomId, type } = key;
    await this.#commits.commit({
      stream: STREAM,
      durability: 'durable',
      writes: [write(accountDataWriter, { ...key, content })],
      users: [userId],
      data: { type, roomId },
    });
    await this.#onChanged({ userId, roomId, type });
  }

  #onEntry(entry: LogEntry): void {
    if (entry.stream !== STREAM) return;
    const isIgnoredList = isJsonObject(entry.data) && entry.data['type'] === IGNORED_USERS_TYPE;
    if (isIgnoredList) this.#version += 1;
    for (const userId of entry.users) {
      this.#lastChanged.note(userId, entry.pos);
      if (isIgnoredList) this.#ignored.delete(userId);
    }
  }
}

const NOBODY: ReadonlySet<UserId> = new Set();

/** https://spec.matrix.org/v1.19/client-server-api/#mignored_user_list */
function ignoredIn(content: JsonObject | null): ReadonlySet<UserId> {
  const users = content?.['ignored_users'];
  return isJsonObject(users) ? new Set(Object.keys(users) as UserId[]) : NOBODY;
}
