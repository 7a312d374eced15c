import type { RoomId, UserId } from '../../core/ids/brands.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { CommitPort, LogEntry } from '../../plugin-api/commit.ts';
import { isJsonObject } from '../../core/json/json-value.ts';

/** How long somebody counts as typing when the client does not say, and at most, ms. */
export const TYPING_MS_DEFAULT = 30_000;
const TYPING_MS_MAX = 120_000;
/** People shown as typing in one room; more are not noticed by anybody. */
const TYPING_USERS_MAX = 200;
/** Rooms whose last change is remembered; in the others nobody has typed for long. */
const TYPING_ROOMS_MAX = 20_000;

const STREAM = 'typing';

interface TypingRoom {
  readonly users: Map<UserId, Timer>;
  /** Position of the last change. */
  pos: number;
}

/** Who is typing where, in memory only. https://spec.matrix.org/v1.19/client-server-api/#typing-notifications */
export class TypingUsers {
  readonly #clock: Clock;
  readonly #commits: CommitPort;
  readonly #isLocal: (userId: UserId) => boolean;
  /** In order of change. */
  readonly #rooms = new Map<RoomId, TypingRoom>();

  constructor(deps: { clock: Clock; commits: CommitPort; isLocal: (userId: UserId) => boolean }) {
    this.#clock = deps.clock;
    this.#commits = deps.commits;
    this.#isLocal = deps.isLocal;
  }

  start(): void {
    this.#commits.onBatch((entries) => {
      for (const entry of entries) this.#onEntry(entry);
    });
  }

  /** The user types for the next `ms`. */
  async begin(roomId: RoomId, userId: UserId, ms: number): Promise<void> {
    const room = this.#rooms.get(roomId) ?? { users: new Map<UserId, Timer>(), pos: 0 };
    this.#rooms.set(roomId, room);
    const running = room.users.get(userId);
    if (running === undefined && room.users.size >= TYPING_USERS_MAX) return;
    running?.cancel();
    const timer = this.#clock.setTimeout(() => this.endSoon(roomId, userId), Math.min(ms, TYPING_MS_MAX));
    room.users.set(userId, timer);
    if (running === undefined) await this.#announce(roomId, userId, true);
    // Others hear nothing new, other servers have to be told that it goes on.
    else if (this.#isLocal(userId)) await this.#renew(roomId, userId);
  }

  async end(roomId: RoomId, userId: UserId): Promise<void> {
    const running = this.#rooms.get(roomId)?.users.get(userId);
    if (running === undefined) return;
    running.cancel();
    this.#rooms.get(roomId)?.users.delete(userId);
    await this.#announce(roomId, userId, false);
  }

  /** `end` for those who cannot wait. Typing lives in memory, so the only failure is a server that is stopping. */
  endSoon(roomId: RoomId, userId: UserId): void {
    this.end(roomId, userId).catch(() => undefined);
  }

  /** Position of a room's last change; 0 when nobody has typed there for long. */
  changedAt(roomId: RoomId): number {
    return this.#rooms.get(roomId)?.pos ?? 0;
  }

  in(roomId: RoomId): UserId[] {
    return [...(this.#rooms.get(roomId)?.users.keys() ?? [])];
  }

  stop(): void {
    for (const room of this.#rooms.values()) for (const timer of room.users.values()) timer.cancel();
    this.#rooms.clear();
  }

  async #announce(roomId: RoomId, userId: UserId, typing: boolean): Promise<void> {
    await this.#commits.commit({
      stream: STREAM,
      durability: 'memory',
      writes: [],
      rooms: [roomId],
      data: { roomId, userId, typing },
      live: this,
    });
  }

  /** An entry for federation only: it names no room, so no sync wakes. */
  async #renew(roomId: RoomId, userId: UserId): Promise<void> {
    await this.#commits.commit({
      stream: STREAM,
      durability: 'memory',
      writes: [],
      data: { roomId, userId, typing: true },
      live: this,
    });
  }

  #onEntry(entry: LogEntry): void {
    if (entry.stream !== STREAM || !isJsonObject(entry.data)) return;
    for (const roomId of entry.rooms) {
      const room = this.#rooms.get(roomId);
      if (room === undefined) continue;
      room.pos = entry.pos;
      this.#rooms.delete(roomId);
      this.#rooms.set(roomId, room);
    }
    if (this.#rooms.size > TYPING_ROOMS_MAX) this.#forgetOldest();
  }

  /** Rooms where somebody types stay. */
  #forgetOldest(): void {
    for (const [roomId, room] of this.#rooms) {
      if (room.users.size > 0) continue;
      this.#rooms.delete(roomId);
      return;
    }
  }
}
