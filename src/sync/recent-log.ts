import type { RoomId } from '../core/ids/brands.ts';
import type { LogEntry } from '../plugin-api/commit.ts';
import { SIDE_STREAMS } from './stream-names.ts';

/** Newest (position, room) pairs kept in order. */
const RING_ENTRIES_MAX = 16_384;
/** Rooms whose last position is remembered. About 150 bytes each. */
const ROOMS_MAX = 200_000;

/**
 * What the newest part of the log says about rooms, so that an incremental sync finds the rooms that changed without asking the
 * database and without looking at rooms that did not.
 */
export class RecentLog {
  /** Ascending by position. */
  #ring: { readonly pos: number; readonly roomId: RoomId }[] = [];
  /** The ring holds every pair after this position. */
  #ringFloor: number;
  /** In order of position: the first key is the room that changed longest ago. */
  readonly #lastPos = new Map<RoomId, number>();
  /** A room that is not in `#lastPos` has not changed after this position. Before it, memory knows nothing. */
  #roomsFloor: number;
  readonly #ringMax: number;
  readonly #roomsMax: number;

  /** `position`: where the log stood when this began to listen. */
  constructor(position: number, limits: { ringMax?: number; roomsMax?: number } = {}) {
    this.#ringFloor = position;
    this.#roomsFloor = position;
    this.#ringMax = limits.ringMax ?? RING_ENTRIES_MAX;
    this.#roomsMax = limits.roomsMax ?? ROOMS_MAX;
  }

  record(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      if (SIDE_STREAMS.has(entry.stream)) continue;
      for (const roomId of entry.rooms) {
        this.#ring.push({ pos: entry.pos, roomId });
        this.#lastPos.delete(roomId);
        this.#lastPos.set(roomId, entry.pos);
      }
    }
    // Cut in halves, so that the cost of moving the rest is spread over many entries.
    if (this.#ring.length > 2 * this.#ringMax) {
      const cut = this.#ring.length - this.#ringMax;
      this.#ringFloor = this.#ring[cut - 1]?.pos ?? this.#ringFloor;
      this.#ring = this.#ring.slice(cut);
    }
    for (const [roomId, pos] of this.#lastPos) {
      if (this.#lastPos.size <= this.#roomsMax) break;
      this.#lastPos.delete(roomId);
      this.#roomsFloor = pos;
    }
  }

  /**
   * Which of `rooms` changed after `from`. `unknown`: the token is older than memory, so somebody must look.
   * Costs the smaller of (changes since, number of rooms) while the token is in memory.
   */
  changedSince(from: number, rooms: ReadonlyMap<RoomId, unknown>): { changed: RoomId[]; unknown: RoomId[] } {
    if (from >= this.#ringFloor) {
      const start = this.#firstAfter(from);
      if (this.#ring.length - start <= rooms.size) {
        const changed = new Set<RoomId>();
        for (let at = start; at < this.#ring.length; at++) {
          const roomId = this.#ring[at]?.roomId;
          if (roomId !== undefined && rooms.has(roomId)) changed.add(roomId);
        }
        return { changed: [...changed], unknown: [] };
      }
    }
    const changed: RoomId[] = [];
    const unknown: RoomId[] = [];
    for (const roomId of rooms.keys()) {
      const last = this.#lastPos.get(roomId);
      if (last === undefined) {
        if (from < this.#roomsFloor) unknown.push(roomId);
      } else if (last > from) changed.push(roomId);
    }
    return { changed, unknown };
  }

  #firstAfter(from: number): number {
    let low = 0;
    let high = this.#ring.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ring[middle]?.pos ?? 0) <= from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
