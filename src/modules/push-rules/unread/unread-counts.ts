import { LRUCache } from 'lru-cache';
import type { RoomId, UserId } from '../../../core/ids/brands.ts';
import type { LogEntry } from '../../../plugin-api/commit.ts';
import type { StoredEvent } from '../../../plugin-api/stored-event.ts';
import type { PushRulesStore } from '../store.ts';
import type { Count } from './count.ts';
import { RoomTail, type TailEntry } from './room-tail.ts';

/** Rooms whose newest events are kept in memory. */
const TAIL_ROOMS_MAX = 10_000;
/** Events between their evaluation and their commit. */
const STAGED_EVENTS_MAX = 20_000;
/** Loads that are repeated because something happened meanwhile. */
const LOAD_ATTEMPTS_MAX = 4;

export type ThreadCounts = ReadonlyMap<number, Count>;

/** Unread counts by room and thread: from memory when the room is warm, else from the running counts with one query for all rooms. */
export class UnreadCounts {
  readonly #store: PushRulesStore;
  readonly #tails = new LRUCache<RoomId, RoomTail>({ max: TAIL_ROOMS_MAX });
  readonly #staged = new LRUCache<string, StagedEvent>({ max: STAGED_EVENTS_MAX });

  constructor(store: PushRulesStore) {
    this.#store = store;
  }

  async of(userId: UserId, rooms: readonly { readonly roomId: RoomId; readonly nid: number }[]): Promise<Map<RoomId, ThreadCounts>> {
    const found = new Map<RoomId, ThreadCounts>();
    let missing = rooms;
    for (let attempt = 1; attempt <= LOAD_ATTEMPTS_MAX && missing.length > 0; attempt += 1) {
      if (attempt > 1 || !this.#fromMemory(userId, missing, found))
        await this.#load(
          userId,
          missing.filter((room) => !found.has(room.roomId)),
          found,
          attempt,
        );
      missing = missing.filter((room) => !found.has(room.roomId));
    }
    return found;
  }

  /** Keeps what an event means until it is committed. `committed` runs then. */
  stage(event: StoredEvent, staged: StagedEvent): void {
    this.#staged.set(stagedKey(event), staged);
  }

  markRead(roomId: RoomId, userId: UserId, thread: number, seq: number): void {
    this.#tails.peek(roomId)?.mark(userId, thread, seq);
  }

  onEntry(entry: LogEntry): void {
    if (entry.stream === 'event') {
      const event = liveEvent(entry.live);
      const staged = event === null ? undefined : this.#staged.get(stagedKey(event));
      if (event !== null) this.#staged.delete(stagedKey(event));
      staged?.committed();
      for (const roomId of entry.rooms) this.#onEvent(roomId, event, staged);
    } else if (entry.stream === 'receipt' && (entry.live === undefined || entry.live === null)) {
      // Another node's receipt.
      for (const roomId of entry.rooms) this.#tails.delete(roomId);
    }
  }

  #onEvent(roomId: RoomId, event: StoredEvent | null, staged: StagedEvent | undefined): void {
    const tail = this.#tails.peek(roomId);
    if (tail === undefined) return;
    if (event !== null && event.seq === null) return;
    // A redaction changes what an earlier event counts.
    if (event === null || staged === undefined || event.type === 'm.room.redaction') this.#tails.delete(roomId);
    else tail.append(staged.entry);
  }

  #fromMemory(userId: UserId, rooms: readonly { readonly roomId: RoomId }[], found: Map<RoomId, ThreadCounts>): boolean {
    let complete = true;
    for (const { roomId } of rooms) {
      const counts = this.#tails.get(roomId)?.counts(userId) ?? null;
      if (counts === null) complete = false;
      else found.set(roomId, counts);
    }
    return complete;
  }

  async #load(
    userId: UserId,
    rooms: readonly { readonly roomId: RoomId; readonly nid: number }[],
    found: Map<RoomId, ThreadCounts>,
    attempt: number,
  ): Promise<void> {
    const before = new Map<RoomId, { tail: RoomTail; version: number }>();
    for (const { roomId } of rooms) {
      const tail = this.#tails.get(roomId) ?? new RoomTail();
      this.#tails.set(roomId, tail);
      before.set(roomId, { tail, version: tail.version });
    }
    const rows = Map.groupBy(
      await this.#store.unread(
        userId,
        rooms.map((room) => room.nid),
      ),
      (row) => row.roomNid,
    );
    for (const { roomId, nid } of rooms) {
      const own = rows.get(nid) ?? [];
      const unread = new Map<number, Count>();
      for (const { thread, notify, highlight } of own)
        if (thread !== null) unread.set(thread, { notify: Math.max(0, notify), highlight: Math.max(0, highlight) });
      const started = before.get(roomId);
      const tail = this.#tails.peek(roomId);
      const isCurrent = started !== undefined && tail === started.tail && tail.version === started.version;
      if (isCurrent && tail.start(userId, { head: own[0]?.head ?? 0, unread })) found.set(roomId, tail.counts(userId) ?? unread);
      // In a room that never stands still what was read a moment ago has to do.
      else if (attempt === LOAD_ATTEMPTS_MAX) found.set(roomId, unread);
    }
  }
}

export interface StagedEvent {
  readonly entry: TailEntry;
  readonly committed: () => void;
}

function stagedKey(event: StoredEvent): string {
  return `${event.roomNid}:${event.num}`;
}

/** The event of a record of the `event` stream that this process wrote: `live` is the stored event or holds it as `event`. */
function liveEvent(live: unknown): StoredEvent | null {
  if (typeof live !== 'object' || live === null) return null;
  const event = 'event' in live ? live.event : live;
  return typeof event === 'object' && event !== null && 'num' in event && 'roomNid' in event ? (event as StoredEvent) : null;
}
