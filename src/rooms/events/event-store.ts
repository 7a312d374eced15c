import type { EventId } from '../../core/ids/brands.ts';
import type { Pdu } from '../../core/events/pdu.ts';
import type { RoomEvent } from '../../core/events/room-event.ts';
import { roomEventFromPdu } from '../../core/events/room-event-from-pdu.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import { roomVersion, ROOM_VERSIONS } from '../../core/room-versions/room-versions.ts';
import type { RoomVersion } from '../../core/room-versions/room-version.ts';
import { ByteCache } from '../../platform/byte-cache.ts';
import type { RoomInfo } from '../../plugin-api/ports.ts';
import { EVENT_FLAG, type StoredEvent } from '../../plugin-api/stored-event.ts';
import type { RoomSql } from '../../storage/rooms/room-reader-sql.ts';

/** Bytes of stored events kept in memory. */
const EVENT_CACHE_BYTES = 64 * 1024 * 1024;
/** Cost of one cached event besides its text. */
const EVENT_OVERHEAD_BYTES = 700;

const HIDDEN_FLAGS = EVENT_FLAG.rejected | EVENT_FLAG.softFailed | EVENT_FLAG.stub | EVENT_FLAG.outlier;

/** Whether clients may ever hear of the event. */
export function isShown(event: StoredEvent): boolean {
  return (event.flags & HIDDEN_FLAGS) === 0;
}

/**
 * Immutable event rows in memory, by number and by id. Only a redaction replaces an entry. What is put here has been committed.
 */
export class EventStore {
  readonly #sql: RoomSql;
  readonly #events = new ByteCache<string, StoredEvent>({
    name: 'events',
    bytesMax: EVENT_CACHE_BYTES,
    sizeOf: (event) => event.json.length + EVENT_OVERHEAD_BYTES,
  });
  readonly #numbers = new ByteCache<string, number>({ name: 'event-ids', bytesMax: EVENT_CACHE_BYTES / 8, sizeOf: () => 150 });
  readonly #parsed = new WeakMap<StoredEvent, RoomEvent>();
  readonly #contents = new WeakMap<StoredEvent, JsonObject>();

  constructor(sql: RoomSql) {
    this.#sql = sql;
  }

  put(event: StoredEvent): void {
    this.#events.set(keyOf(event.roomNid, event.num), event);
    this.#numbers.set(keyOf(event.roomNid, event.eventId), event.num);
  }

  /** Takes in what was read from the store, unless something newer is here already. */
  #adopt(event: StoredEvent): StoredEvent {
    const known = this.#events.get(keyOf(event.roomNid, event.num));
    if (known !== undefined) return known;
    this.put(event);
    return event;
  }

  adoptAll(events: readonly StoredEvent[]): StoredEvent[] {
    return events.map((event) => this.#adopt(event));
  }

  peek(roomNid: number, num: number): StoredEvent | undefined {
    return this.#events.get(keyOf(roomNid, num));
  }

  /** Known numbers only; one query for everything that is cold. */
  async byNum(roomNid: number, nums: Iterable<number>): Promise<Map<number, StoredEvent>> {
    const found = new Map<number, StoredEvent>();
    const missing: number[] = [];
    for (const num of nums) {
      const event = this.#events.get(keyOf(roomNid, num));
      if (event !== undefined) found.set(num, event);
      else missing.push(num);
    }
    if (missing.length > 0) {
      for (const event of this.adoptAll(await this.#sql.eventsByNum(roomNid, missing))) found.set(event.num, event);
    }
    return found;
  }

  /** The same for several rooms at once. */
  async byRoomAndNum(wanted: ReadonlyMap<number, readonly number[]>): Promise<Map<number, StoredEvent[]>> {
    const found = new Map<number, StoredEvent[]>();
    const missingRooms: number[] = [];
    const missingNums: number[] = [];
    for (const [roomNid, nums] of wanted) {
      const list: StoredEvent[] = [];
      found.set(roomNid, list);
      for (const num of nums) {
        const event = this.#events.get(keyOf(roomNid, num));
        if (event !== undefined) list.push(event);
        else {
          missingRooms.push(roomNid);
          missingNums.push(num);
        }
      }
    }
    if (missingNums.length > 0) {
      for (const event of this.adoptAll(await this.#sql.eventsByRoomAndNum(missingRooms, missingNums))) {
        found.get(event.roomNid)?.push(event);
      }
    }
    return found;
  }

  /** Events of one room by id, stubs and rejected ones included. */
  async byId(roomNid: number, ids: readonly EventId[]): Promise<Map<EventId, StoredEvent>> {
    const found = new Map<EventId, StoredEvent>();
    const missing: EventId[] = [];
    for (const id of ids) {
      const num = this.#numbers.get(keyOf(roomNid, id));
      const event = num === undefined ? undefined : this.#events.get(keyOf(roomNid, num));
      if (event !== undefined) found.set(id, event);
      else missing.push(id);
    }
    if (missing.length > 0) {
      for (const event of await this.#sql.eventsById(missing)) {
        // An id of another room is not an event of this one.
        if (event.roomNid !== roomNid) continue;
        found.set(event.eventId, this.#adopt(event));
      }
    }
    return found;
  }

  roomEvent(event: StoredEvent, version: RoomVersion): RoomEvent {
    const known = this.#parsed.get(event);
    if (known !== undefined) return known;
    const parsed = roomEventFromPdu(JSON.parse(event.json) as Pdu, version, event.eventId);
    this.#parsed.set(event, parsed);
    return parsed;
  }

  /** Remembers a form that the caller has anyway. */
  remember(event: StoredEvent, parsed: RoomEvent): void {
    this.#parsed.set(event, parsed);
  }

  content(event: StoredEvent): JsonObject {
    const parsed = this.#parsed.get(event);
    if (parsed !== undefined) return parsed.content;
    const known = this.#contents.get(event);
    if (known !== undefined) return known;
    const { content } = JSON.parse(event.json) as Pdu;
    this.#contents.set(event, content);
    return content;
  }
}

/** Row of a room's version; a room of an unknown version cannot be in our store. */
export function versionOf(info: Pick<RoomInfo, 'version'>): RoomVersion {
  return roomVersion(info.version) ?? ROOM_VERSIONS['1'];
}

function keyOf(roomNid: number, name: string | number): string {
  return `${roomNid}/${name}`;
}
