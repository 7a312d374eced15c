import type { EventId, RoomId, UserId } from '../../core/ids/brands.ts';
import type { StateTuple } from '../../core/state-res/state-map.ts';
import { ByteCache } from '../../platform/byte-cache.ts';
import type { CommitPort } from '../../plugin-api/commit.ts';
import type { UserRoom } from '../../plugin-api/ports.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import type { Dictionary } from '../../storage/rooms/dictionary.ts';
import type { RoomSql, StateKeyRow } from '../../storage/rooms/room-reader-sql.ts';
import { eventLiveOf, type EventLive } from '../events/event-live.ts';
import { type EventStore, isShown } from '../events/event-store.ts';
import type { RoomReader, Timeline } from '../room-reader.ts';
import { clientText } from './client-text.ts';
import { filterVisible } from './filter-visible.ts';
import { LiveRoom, type LiveRoomDeps, type StateCache } from './live-room.ts';
import { StoredTxns } from './stored-txns.ts';
import { UserRooms } from './user-rooms.ts';

/** Rooms kept in memory for reading. */
const LIVE_ROOMS_MAX = 5_000;
/** Events read with a cold room. */
const RECENT_LOADED = 20;
/** Old states of rooms kept in memory, bytes. */
const STATE_CACHE_BYTES = 16 * 1024 * 1024;
const STATE_ENTRY_BYTES = 100;

/**
 * Committed rooms as readers see them: sync, the reading endpoints, modules. Follows the log of commits, so a warm room is never read twice.
 */
export class RoomReadModel implements RoomReader {
  readonly #sql: RoomSql;
  readonly #events: EventStore;
  readonly #userRooms: UserRooms;
  readonly #rooms = new Map<RoomId, LiveRoom>();
  /** Commits that arrive while a room is being read. */
  readonly #loading = new Map<RoomId, { done: Promise<void>; missed: EventLive[] }>();
  readonly #states: StateCache = new ByteCache<string, ReadonlyMap<StateTuple, number>>({
    name: 'states',
    bytesMax: STATE_CACHE_BYTES,
    sizeOf: (state) => 200 + state.size * STATE_ENTRY_BYTES,
  });
  readonly #texts = new WeakMap<StoredEvent, string>();
  readonly #storedTxns: StoredTxns;

  constructor(deps: { sql: RoomSql; events: EventStore; users: Dictionary; commits: CommitPort }) {
    this.#sql = deps.sql;
    this.#events = deps.events;
    this.#userRooms = new UserRooms(deps.sql);
    this.#storedTxns = new StoredTxns(deps);
    deps.commits.onBatch((entries) => {
      for (const entry of entries) {
        const live = eventLiveOf(entry);
        if (live !== null) this.#apply(live);
      }
    });
  }

  async view(roomId: RoomId): Promise<LiveRoom | null> {
    return this.#rooms.get(roomId) ?? (await this.views([roomId])).get(roomId) ?? null;
  }

  async views(roomIds: readonly RoomId[]): Promise<Map<RoomId, LiveRoom>> {
    const cold = roomIds.filter((roomId) => !this.#rooms.has(roomId));
    if (cold.length > 0) {
      const mine = cold.filter((roomId) => !this.#loading.has(roomId));
      const waits = cold.flatMap((roomId) => this.#loading.get(roomId)?.done ?? []);
      if (mine.length > 0) waits.push(this.#load(mine));
      await Promise.all(waits);
    }
    const found = new Map<RoomId, LiveRoom>();
    for (const roomId of roomIds) {
      const room = this.#rooms.get(roomId);
      if (room !== undefined) found.set(roomId, room);
    }
    this.#evict(found);
    return found;
  }

  lastPosIfWarm(roomId: RoomId): number | undefined {
    return this.#rooms.get(roomId)?.lastPos;
  }

  roomsOf(userId: UserId): Promise<ReadonlyMap<RoomId, UserRoom>> {
    return this.#userRooms.of(userId);
  }

  /** After the row was changed. */
  forget(userId: UserId, roomId: RoomId): void {
    this.#userRooms.forget(userId, roomId);
  }

  async latest(roomIds: readonly RoomId[], options: { to: number; limit: number }): Promise<Map<RoomId, Timeline>> {
    const { to, limit } = options;
    const timelines = new Map<RoomId, Timeline>();
    const cold = new Map<number, RoomId>();
    for (const [roomId, room] of await this.views(roomIds)) {
      const warm = room.latestIfWarm(to, limit);
      if (warm !== null) timelines.set(roomId, warm);
      else cold.set(room.info.nid, roomId);
    }
    if (cold.size > 0) {
      const byRoom = Map.groupBy(await this.#sql.latest([...cold.keys()], { after: -1, to, limit: limit + 1 }), (event) => event.roomNid);
      for (const [nid, roomId] of cold) {
        const events = this.#events.adoptAll(byRoom.get(nid) ?? []);
        timelines.set(roomId, { events: events.slice(-limit), limited: events.length > limit });
      }
    }
    return timelines;
  }

  async eventsByNum(roomId: RoomId, nums: readonly number[]): Promise<StoredEvent[]> {
    const room = await this.view(roomId);
    if (room === null) return [];
    const found = await this.#events.byNum(room.info.nid, nums);
    return nums.flatMap((num) => found.get(num) ?? []);
  }

  async eventsById(roomId: RoomId, ids: readonly EventId[]): Promise<StoredEvent[]> {
    const room = await this.view(roomId);
    if (room === null) return [];
    const found = await this.#events.byId(room.info.nid, ids);
    return ids.flatMap((id) => found.get(id) ?? []).filter(isShown);
  }

  async eventsOfRooms(wanted: ReadonlyMap<RoomId, readonly number[]>): Promise<Map<RoomId, StoredEvent[]>> {
    const rooms = await this.views([...wanted.keys()]);
    const byNid = new Map<number, readonly number[]>();
    for (const [roomId, room] of rooms) byNid.set(room.info.nid, wanted.get(roomId) ?? []);
    const found = await this.#events.byRoomAndNum(byNid);
    return new Map([...rooms].map(([roomId, room]) => [roomId, found.get(room.info.nid) ?? []]));
  }

  async filterVisible(userId: UserId, roomId: RoomId, events: readonly StoredEvent[]): Promise<StoredEvent[]> {
    if (events.length === 0) return [];
    const view = await this.view(roomId);
    if (view === null) return [];
    const userRoom = (await this.#userRooms.of(userId)).get(roomId);
    return filterVisible({ userId, roomId, events, view, userRoom }, this.#events);
  }

  clientText(event: StoredEvent): string {
    let text = this.#texts.get(event);
    if (text === undefined) {
      text = clientText(event);
      this.#texts.set(event, text);
    }
    return text;
  }

  async txnIds(options: { userId: UserId; scope: string; roomId: RoomId; nums: readonly number[] }): Promise<Map<number, string>> {
    const { userId, scope, roomId, nums } = options;
    const room = await this.view(roomId);
    if (room === null) return new Map();
    const { known, cold } = room.txnIdsIfWarm(userId, scope, nums);
    // Only messages and redactions are sent under a transaction id.
    const unknown = cold.filter((num) => this.#events.peek(room.info.nid, num)?.stateKey === undefined);
    if (unknown.length > 0) {
      for (const [num, txnId] of await this.#storedTxns.of({ userId, scope, roomNid: room.info.nid, nums: unknown })) known.set(num, txnId);
    }
    return known;
  }

  async redactionsOf(roomId: RoomId, nums: readonly number[]): Promise<Map<number, StoredEvent>> {
    const room = await this.view(roomId);
    if (room === null) return new Map();
    const { known, cold } = room.redactedByIfWarm(nums);
    if (cold.length > 0) for (const row of await this.#sql.redactedBy(room.info.nid, cold)) known.set(row.targetNum, row.byNum);
    const events = await this.#events.byNum(room.info.nid, known.values());
    const redactions = new Map<number, StoredEvent>();
    for (const [target, by] of known) {
      const event = events.get(by);
      if (event !== undefined) redactions.set(target, event);
    }
    return redactions;
  }

  /** Reads the member lists of many rooms with one query. */
  async warmMembers(roomIds: readonly RoomId[]): Promise<void> {
    const rooms = [...(await this.views(roomIds)).values()].filter((room) => !room.membersWarm);
    if (rooms.length < 2) return;
    const before = rooms.map((room) => room.lastPos);
    const rows = Map.groupBy(await this.#sql.members(rooms.map((room) => room.info.nid)), (row) => row.roomNid);
    rooms.forEach((room, index) => {
      // A room that moved meanwhile reads its list itself.
      if (room.lastPos === before[index]) room.adoptMembers(rows.get(room.info.nid) ?? []);
    });
  }

  #apply(live: EventLive): void {
    this.#userRooms.apply(live);
    this.#rooms.get(live.room.roomId)?.apply(live);
    this.#loading.get(live.room.roomId)?.missed.push(live);
  }

  async #load(roomIds: RoomId[]): Promise<void> {
    const done = this.#read(roomIds).finally(() => {
      for (const roomId of roomIds) this.#loading.delete(roomId);
    });
    for (const roomId of roomIds) this.#loading.set(roomId, { done, missed: [] });
    await done;
  }

  async #read(roomIds: RoomId[]): Promise<void> {
    const snapshot = await this.#sql.snapshot(roomIds, RECENT_LOADED);
    const keys = Map.groupBy(snapshot.keys, (row) => row.roomNid);
    const recent = Map.groupBy(snapshot.recent, (event) => event.roomNid);
    const deps: LiveRoomDeps = { sql: this.#sql, events: this.#events, states: this.#states };
    for (const row of snapshot.rooms) {
      const events = this.#events.adoptAll(recent.get(row.nid) ?? []);
      const room = new LiveRoom({
        info: { nid: row.nid, roomId: row.roomId, version: row.version },
        headSg: row.headSg,
        lastNum: row.lastNum,
        lastSeq: row.lastSeq,
        keys: keys.get(row.nid) ?? ([] as StateKeyRow[]),
        recent: events,
        complete: events.length < RECENT_LOADED,
        deps,
      });
      for (const live of this.#loading.get(row.roomId)?.missed ?? []) room.apply(live);
      this.#rooms.set(row.roomId, room);
    }
  }

  #evict(inUse: ReadonlyMap<RoomId, LiveRoom>): void {
    for (const [roomId, room] of inUse) {
      this.#rooms.delete(roomId);
      this.#rooms.set(roomId, room);
    }
    for (const roomId of this.#rooms.keys()) {
      if (this.#rooms.size <= LIVE_ROOMS_MAX || inUse.has(roomId)) return;
      this.#rooms.delete(roomId);
    }
  }
}
