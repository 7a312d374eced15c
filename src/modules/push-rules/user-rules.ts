import { LRUCache } from 'lru-cache';
import type { RoomId, UserId } from '../../core/ids/brands.ts';
import { copyRoomRules } from '../../core/push/copy-room-rules.ts';
import { noStoredPushRules, type StoredPushRules } from '../../core/push/stored-push-rules.ts';
import { KeyedQueue } from '../../platform/keyed-queue.ts';
import { type CommitPort, type LogEntry, write } from '../../plugin-api/commit.ts';
import { LastChanged } from '../../plugin-api/last-changed.ts';
import { type PushRulesStore, pushRulesWriter } from './store.ts';

/** Users whose rules are kept in memory. */
const RULES_CACHED_MAX = 50_000;

/** Type of the account data that shows a user's rules. */
export const PUSH_RULES_TYPE = 'm.push_rules';

/** The push rules that users have stored. */
export class UserRules {
  readonly #store: PushRulesStore;
  readonly #commits: CommitPort;
  readonly #onChanged: (userId: UserId) => Promise<void>;
  readonly #cache = new LRUCache<UserId, StoredPushRules>({ max: RULES_CACHED_MAX });
  readonly #changes = new KeyedQueue<UserId>();
  #lastChanged = new LastChanged<UserId>(Number.POSITIVE_INFINITY);
  /** Grows with every change, so that a load that overlaps one is not kept. */
  #version = 0;

  constructor(deps: { store: PushRulesStore; commits: CommitPort; onChanged: (userId: UserId) => Promise<void> }) {
    this.#store = deps.store;
    this.#commits = deps.commits;
    this.#onChanged = deps.onChanged;
  }

  start(): void {
    this.#lastChanged = new LastChanged(this.#commits.position);
  }

  async of(userId: UserId): Promise<StoredPushRules> {
    return this.#cache.get(userId) ?? (await this.ofMany([userId])).get(userId) ?? noStoredPushRules();
  }

  /** Users without rules of their own are left out. */
  async ofMany(userIds: readonly UserId[]): Promise<Map<UserId, StoredPushRules>> {
    const missing = userIds.filter((userId) => !this.#cache.has(userId));
    if (missing.length > 0) {
      const version = this.#version;
      const stored = await this.#store.rulesOf(missing);
      if (version !== this.#version) return this.#store.rulesOf(userIds);
      for (const userId of missing) this.#cache.set(userId, stored.get(userId) ?? NONE);
      if (missing.length === userIds.length) return stored;
    }
    const found = new Map<UserId, StoredPushRules>();
    for (const userId of userIds) {
      const rules = this.#cache.get(userId);
      if (rules !== undefined && rules !== NONE) found.set(userId, rules);
    }
    return found;
  }

  /** Changes of one user happen one after the other. `change` throws what the client is told. */
  change(userId: UserId, change: (rules: StoredPushRules) => StoredPushRules): Promise<void> {
    return this.#changes.run(userId, async () => {
      const rules = change(await this.of(userId));
      await this.#commits.commit({
        stream: 'account_data',
        durability: 'durable',
        writes: [write(pushRulesWriter, { userId, rules })],
        users: [userId],
        data: { type: PUSH_RULES_TYPE },
        onCommitted: () => this.#cache.set(userId, rules),
      });
      await this.#onChanged(userId);
    });
  }

  /** Repeats the rules about one room for another; changes nothing, and wakes nobody, when there are none. */
  async copyRoom(userId: UserId, rooms: { from: RoomId; to: RoomId }): Promise<void> {
    const rules = await this.of(userId);
    if (copyRoomRules(rules, rooms) !== rules) await this.change(userId, (latest) => copyRoomRules(latest, rooms));
  }

  async changedSince(userId: UserId, from: number): Promise<boolean> {
    if (!this.#lastChanged.since(userId, from)) return false;
    return (await this.#store.changedAt(userId)) > from;
  }

  onEntry(entry: LogEntry): void {
    if (entry.stream !== 'account_data' || typeOf(entry.data) !== PUSH_RULES_TYPE) return;
    this.#version += 1;
    for (const userId of entry.users) this.#lastChanged.note(userId, entry.pos);
  }
}

const NONE = noStoredPushRules();

function typeOf(data: LogEntry['data']): unknown {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? data['type'] : undefined;
}
