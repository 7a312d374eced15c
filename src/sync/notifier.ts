import type { RoomId, UserId } from '../core/ids/brands.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import type { CommitPort, LogEntry } from '../plugin-api/commit.ts';
import type { UserRoom } from '../plugin-api/ports.ts';
import { PATIENT_STREAMS, SIDE_STREAMS } from './stream-names.ts';
import { type MembershipSnapshot, WatchedUser } from './watched-user.ts';

/** How long a wake for receipts, typing and presence is held back so that one answer carries several, ms. */
export const COALESCE_MS = 75;
/** Users without a parked request that stay indexed, for the moment between two polls. */
const IDLE_USERS_MAX = 10_000;
/** Parked requests that one turn of the event loop may wake; the rest follow in the next turns. */
const WAKES_PER_TURN = 256;
/** Reads of a user's memberships that may be overtaken by changes before the request is given up. */
const SNAPSHOT_TRIES_MAX = 1000;

/**
 * Tells parked syncs that something happened. A commit touches only the watched users of the rooms and the users that it names;
 * nobody walks the rooms of a user.
 */
export class Notifier {
  readonly #users = new Map<UserId, WatchedUser>();
  /** Watched users by joined room. */
  readonly #byRoom = new Map<RoomId, Set<WatchedUser>>();
  /** Users without holders, the longest idle first. */
  readonly #idle = new Set<WatchedUser>();
  readonly #patient = new Set<WatchedUser>();
  #patientTimer: Timer | null = null;
  readonly #wakeQueue = new Set<WatchedUser>();
  #wakeTimer: Timer | null = null;
  #parked = 0;
  #draining = false;
  readonly #deps: NotifierDeps;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
    deps.commits.onBatch((entries) => this.#onBatch(entries));
  }

  get parked(): number {
    return this.#parked;
  }

  get watched(): number {
    return this.#users.size;
  }

  /** Keeps the user indexed until `release`. */
  hold(userId: UserId): WatchedUser {
    let user = this.#users.get(userId);
    if (user === undefined) {
      user = new WatchedUser(userId, this.#deps.commits.position);
      this.#users.set(userId, user);
    }
    user.holders++;
    this.#idle.delete(user);
    return user;
  }

  /** Has the memberships read again: a room that was forgotten leaves no trace in the log. */
  renew(user: WatchedUser): void {
    user.stale = true;
    user.changes++;
  }

  release(user: WatchedUser): void {
    user.holders--;
    if (user.holders > 0) return;
    this.#idle.add(user);
    if (this.#idle.size <= (this.#deps.idleUsersMax ?? IDLE_USERS_MAX)) return;
    for (const oldest of this.#idle) {
      this.#forget(oldest);
      break;
    }
  }

  /** The memberships of a held user together with the position that they are true for: no change can fall between the two. */
  async snapshot(user: WatchedUser): Promise<MembershipSnapshot> {
    for (let tries = 0; user.stale; tries++) {
      if (tries >= SNAPSHOT_TRIES_MAX) throw new Error(`memberships of ${user.userId} change faster than they can be read`);
      user.refreshing ??= this.#refresh(user);
      await user.refreshing;
    }
    return { to: this.#deps.commits.position, joined: user.joined, byPos: user.byPos };
  }

  /** From now on nobody waits: a server that stops answers parked requests at once, and their clients ask the next one. */
  drain(): void {
    this.#draining = true;
    for (const user of this.#users.values()) for (const wake of [...user.waiters]) wake();
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Resolves when something after `after` concerns the held user, after `timeoutMs`, or when the signal aborts. */
  wait(user: WatchedUser, after: number, options: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
    const { timeoutMs, signal } = options;
    if (user.lastPos > after || timeoutMs <= 0 || signal.aborted || this.#draining) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        user.waiters.delete(done);
        this.#parked--;
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.#deps.clock.setTimeout(done, timeoutMs);
      signal.addEventListener('abort', done, { once: true });
      user.waiters.add(done);
      this.#parked++;
      if (user.lastPatientPos > after) this.#wakeSoon(user);
    });
  }

  async #refresh(user: WatchedUser): Promise<void> {
    const { changes } = user;
    try {
      const rooms = await this.#deps.roomsOf(user.userId);
      if (user.changes !== changes) return;
      this.#index(user, rooms);
      user.stale = false;
    } finally {
      user.refreshing = null;
    }
  }

  #onBatch(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      // A named user's memberships may have changed; the user is not indexed yet under a room that they have just joined.
      const mayChangeMembership = !SIDE_STREAMS.has(entry.stream);
      const silent = this.#deps.silentStreams.has(entry.stream);
      for (const userId of entry.users) {
        const user = this.#users.get(userId);
        if (user === undefined) continue;
        if (mayChangeMembership) {
          user.stale = true;
          user.changes++;
        }
        if (!silent) this.#mark(user, entry);
      }
      if (silent) continue;
      for (const roomId of entry.rooms) {
        for (const user of this.#byRoom.get(roomId) ?? []) this.#mark(user, entry);
      }
    }
    this.#wakeSome();
  }

  #mark(user: WatchedUser, entry: LogEntry): void {
    if (PATIENT_STREAMS.has(entry.stream)) {
      user.lastPatientPos = entry.pos;
      if (user.waiters.size > 0) this.#wakeSoon(user);
    } else {
      user.lastPos = entry.pos;
      if (user.waiters.size > 0) this.#wakeQueue.add(user);
    }
  }

  #wakeSoon(user: WatchedUser): void {
    this.#patient.add(user);
    this.#patientTimer ??= this.#deps.clock.setTimeout(() => {
      this.#patientTimer = null;
      for (const waiting of this.#patient) this.#wakeQueue.add(waiting);
      this.#patient.clear();
      this.#wakeSome();
    }, COALESCE_MS);
  }

  #wakeSome(): void {
    if (this.#wakeTimer !== null) return;
    let left = WAKES_PER_TURN;
    for (const user of this.#wakeQueue) {
      if (left <= 0) {
        this.#wakeTimer = this.#deps.clock.setTimeout(() => {
          this.#wakeTimer = null;
          this.#wakeSome();
        }, 0);
        return;
      }
      this.#wakeQueue.delete(user);
      this.#patient.delete(user);
      left -= user.waiters.size;
      for (const wake of [...user.waiters]) wake();
    }
  }

  #index(user: WatchedUser, rooms: ReadonlyMap<RoomId, UserRoom>): void {
    const joined = new Map<RoomId, UserRoom>();
    for (const room of rooms.values()) if (room.membership === 'join') joined.set(room.roomId, room);
    for (const roomId of user.joined.keys()) if (!joined.has(roomId)) this.#unindex(user, roomId);
    for (const roomId of joined.keys()) {
      const watchers = this.#byRoom.get(roomId);
      if (watchers === undefined) this.#byRoom.set(roomId, new Set([user]));
      else watchers.add(user);
    }
    user.joined = joined;
    user.byPos = [...rooms.values()].sort((a, b) => b.pos - a.pos);
  }

  #unindex(user: WatchedUser, roomId: RoomId): void {
    const watchers = this.#byRoom.get(roomId);
    watchers?.delete(user);
    if (watchers?.size === 0) this.#byRoom.delete(roomId);
  }

  #forget(user: WatchedUser): void {
    this.#idle.delete(user);
    this.#patient.delete(user);
    this.#users.delete(user.userId);
    for (const roomId of user.joined.keys()) this.#unindex(user, roomId);
  }
}

export interface NotifierDeps {
  readonly commits: CommitPort;
  readonly clock: Pick<Clock, 'setTimeout'>;
  readonly roomsOf: (userId: UserId) => Promise<ReadonlyMap<RoomId, UserRoom>>;
  /** Streams that never end a long poll (`SyncStream.wakes: false`). */
  readonly silentStreams: ReadonlySet<string>;
  readonly idleUsersMax?: number;
}
