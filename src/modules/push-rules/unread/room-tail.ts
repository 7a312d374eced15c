import type { UserId } from '../../../core/ids/brands.ts';
import { ALL_THREADS } from '../store.ts';
import { addCounts, type Count, NOTHING } from './count.ts';

/** Events kept per room; when it is reached the older half is added up and dropped. */
export const TAIL_EVENTS_MAX = 512;

/** What an event means for the counts of everybody in its room. */
export interface TailEntry {
  readonly seq: number;
  readonly thread: number;
  /** For members without an outcome of their own. */
  readonly ordinary: Count;
  /** Local members for whom the event counts otherwise. */
  readonly outcomes: ReadonlyMap<UserId, Count>;
  /** Members for whom nothing counts unless `outcomes` says so. */
  readonly muted: ReadonlySet<UserId>;
  /** The local sender, who by sending has read the thread up to here. */
  readonly readBy: UserId | null;
  /** Members whose counting began or ended with this event. */
  readonly reset: readonly UserId[];
}

/** `base`: unread up to `asOf`, by thread. `marks`: how far was read since then. */
interface UserTail {
  asOf: number;
  readonly base: Map<number, Count>;
  readonly marks: Map<number, number>;
}

/**
 * The newest events of a room, and for each user who asked what they had not read before these events. Later counts are sums over the
 * tail: no SQL, and no work per user when an event arrives.
 */
export class RoomTail {
  readonly #entries: TailEntry[] = [];
  readonly #users = new Map<UserId, UserTail>();
  /** Every event after this one is in the tail. */
  #coveredFrom = -1;
  /** Grows when something happened that a load from the database may or may not have seen. */
  version = 0;

  /** Takes what the database says. False when the tail no longer reaches back that far: load again. */
  start(userId: UserId, loaded: { head: number; unread: ReadonlyMap<number, Count> }): boolean {
    if (loaded.head < this.#coveredFrom) return false;
    if (this.#coveredFrom === -1) this.#coveredFrom = loaded.head;
    this.#users.set(userId, { asOf: loaded.head, base: new Map(loaded.unread), marks: new Map() });
    return true;
  }

  append(entry: TailEntry): void {
    if (this.#coveredFrom === -1) {
      // Nobody's counts have been loaded: whoever loads now may or may not see this event.
      this.version += 1;
      return;
    }
    this.#entries.push(entry);
    for (const userId of entry.reset) this.forget(userId);
    if (entry.readBy !== null) this.mark(entry.readBy, entry.thread, entry.seq);
    if (this.#entries.length > TAIL_EVENTS_MAX) this.#fold(this.#entries.splice(0, TAIL_EVENTS_MAX / 2));
  }

  /** The user has read a thread, or everything, up to `seq`. */
  mark(userId: UserId, thread: number, seq: number): void {
    const user = this.#users.get(userId);
    if (user === undefined) {
      this.version += 1;
      return;
    }
    const touched = thread === ALL_THREADS ? [...user.base.keys()] : user.base.has(thread) ? [thread] : [];
    if (seq < user.asOf && touched.length > 0) {
      // Some of what was added up is read now; only the database knows how much.
      this.forget(userId);
      return;
    }
    for (const read of touched) user.base.delete(read);
    user.marks.set(thread, Math.max(seq, user.marks.get(thread) ?? 0));
  }

  forget(userId: UserId): void {
    this.#users.delete(userId);
    this.version += 1;
  }

  /** Unread counts by thread; threads without any are left out. `null` when the user has to be loaded. */
  counts(userId: UserId): ReadonlyMap<number, Count> | null {
    const user = this.#users.get(userId);
    if (user === undefined) return null;
    const counts = new Map(user.base);
    sumInto(counts, userId, user, this.#entries);
    for (const [thread, count] of counts) if (count.notify === 0 && count.highlight === 0) counts.delete(thread);
    return counts;
  }

  #fold(dropped: readonly TailEntry[]): void {
    this.#coveredFrom = dropped.at(-1)?.seq ?? this.#coveredFrom;
    for (const [userId, user] of this.#users) {
      sumInto(user.base, userId, user, dropped);
      user.asOf = Math.max(user.asOf, this.#coveredFrom);
    }
  }
}

function sumInto(counts: Map<number, Count>, userId: UserId, user: UserTail, entries: readonly TailEntry[]): void {
  const all = Math.max(user.asOf, user.marks.get(ALL_THREADS) ?? 0);
  for (const entry of entries) {
    if (entry.seq <= all || entry.seq <= (user.marks.get(entry.thread) ?? 0)) continue;
    const count = entry.outcomes.get(userId) ?? (entry.muted.has(userId) ? NOTHING : entry.ordinary);
    if (count.notify !== 0 || count.highlight !== 0) counts.set(entry.thread, addCounts(counts.get(entry.thread) ?? NOTHING, count));
  }
}
