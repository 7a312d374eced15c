import type { EventId, RoomId, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import type { StateTuple } from '../../src/core/state-res/state-map.ts';
import { stateTuple } from '../../src/core/state-res/state-map.ts';
import { type BatchWriter, type Write, write } from '../../src/plugin-api/commit.ts';
import type { ObservedRoom } from '../../src/plugin-api/hooks.ts';
import type { Membership, RoomInfo, RoomsPort, UserRoom } from '../../src/plugin-api/ports.ts';
import type { StoredEvent } from '../../src/plugin-api/stored-event.ts';
import type { ModuleHost } from './module-host.ts';

interface EventRow {
  readonly event: StoredEvent;
}

const eventWriter: BatchWriter<EventRow> = {
  name: 'event',
  write: (tx, rows) =>
    rows.map(
      ({ pos, row: { event } }) => tx`
        insert into event (room_nid, num, seq, pos, depth, ts, type_nid, sender_nid, thread, flags, ncum, tcum, prev, auth, event_id, json)
        values (${event.roomNid}, ${event.num}, ${event.seq}, ${pos}, ${event.depth}, ${event.ts}, 1, 1, ${event.thread}, ${event.flags},
          ${event.ncum}, ${event.tcum}, '{}', '{}', ${event.eventId}, ${event.json})`,
    ),
};

const redactionWriter: BatchWriter<{ roomNid: number; targetNum: number; byNum: number }> = {
  name: 'redaction',
  write: (tx, rows) =>
    rows.map(
      ({ row }) => tx`
        insert into redaction (room_nid, target_num, by_num, redacted_ts) values (${row.roomNid}, ${row.targetNum}, ${row.byNum}, 0)
        on conflict do nothing`,
    ),
};

/** One room of a module suite: a straight line of events with the running counts that the room engine keeps, and its observers. */
export class MiniRoom {
  readonly info: RoomInfo;
  readonly events: StoredEvent[] = [];
  readonly #state = new Map<StateTuple, StoredEvent>();
  readonly #contents = new Map<StoredEvent, JsonObject>();
  readonly #tcum = new Map<number | null, number>();
  #ncum = 0;
  #host: ModuleHost | null = null;

  constructor(options: { roomId: RoomId; nid: number }) {
    this.info = { roomId: options.roomId, nid: options.nid, version: '11' };
  }

  attach(host: ModuleHost): void {
    this.#host = host;
  }

  get joined(): Set<UserId> {
    const joined = new Set<UserId>();
    for (const event of this.#state.values()) {
      if (event.type === 'm.room.member' && this.content(event)['membership'] === 'join') joined.add(event.stateKey as UserId);
    }
    return joined;
  }

  membership(userId: UserId): Membership | undefined {
    const event = this.#state.get(stateTuple('m.room.member', userId));
    return event === undefined ? undefined : (this.content(event)['membership'] as Membership);
  }

  content(event: StoredEvent): JsonObject {
    return this.#contents.get(event) ?? {};
  }

  byId(eventId: string): StoredEvent | null {
    return this.events.find((event) => event.eventId === eventId) ?? null;
  }

  async setMember(userId: UserId, membership: Membership): Promise<StoredEvent> {
    return this.send({ sender: userId, type: 'm.room.member', stateKey: userId, content: { membership } });
  }

  async send(draft: {
    sender: UserId;
    type: string;
    stateKey?: string;
    content: JsonObject;
    /** The root of the thread. */
    thread?: StoredEvent;
    redacts?: StoredEvent;
  }): Promise<StoredEvent> {
    const host = this.#hostOrThrow();
    const { sender, type, stateKey, content } = draft;
    for (const observer of host.observers) await observer.prepare?.(this.info, { type, stateKey, sender, content });
    const num = this.events.length + 1;
    const thread = draft.thread?.num ?? null;
    if (host.slot('pushRules')?.notifiesByDefault({ type, stateKey, content }) === true) {
      this.#ncum += 1;
      this.#tcum.set(thread, (this.#tcum.get(thread) ?? 0) + 1);
    }
    const event: StoredEvent = {
      roomNid: this.info.nid,
      roomId: this.info.roomId,
      eventId: `$${this.info.nid}-${num}` as EventId,
      num,
      seq: num,
      pos: 0,
      depth: num,
      ts: host.clock.now(),
      type,
      stateKey,
      sender,
      sg: null,
      headSg: null,
      flags: 0,
      ncum: this.#ncum,
      tcum: this.#tcum.get(thread) ?? 0,
      thread,
      prev: [],
      auth: [],
      json: JSON.stringify({ type, sender, content, room_id: this.info.roomId, prev_events: [], auth_events: [] }),
      replaces: null,
    };
    this.events.push(event);
    this.#contents.set(event, content);
    if (stateKey !== undefined) this.#state.set(stateTuple(type, stateKey), event);
    const writes: Write[] = [write(eventWriter, { event })];
    if (draft.redacts !== undefined)
      writes.push(write(redactionWriter, { roomNid: this.info.nid, targetNum: draft.redacts.num, byNum: num }));
    for (const observer of host.observers) writes.push(...observer.writes(event, content, this.#observed()));
    await host.commits.commit({
      stream: 'event',
      durability: 'durable',
      writes,
      rooms: [this.info.roomId],
      users: type === 'm.room.member' ? [stateKey as UserId] : [],
      live: { kind: 'event', room: this.info, event, redacted: draft.redacts ?? null },
    });
    return event;
  }

  #observed(): ObservedRoom {
    return {
      info: this.info,
      membership: (userId) => this.membership(userId),
      joinedCount: () => this.joined.size,
      joinedLocals: () => [...this.joined].filter((userId) => this.#hostOrThrow().users.isLocal(userId)),
      stateContent: (type, stateKey) => {
        const event = this.#state.get(stateTuple(type, stateKey));
        return event === undefined ? undefined : this.content(event);
      },
    };
  }

  userRoom(userId: UserId): UserRoom | null {
    const event = this.#state.get(stateTuple('m.room.member', userId));
    if (event === undefined) return null;
    const { roomId, nid } = this.info;
    const membership = this.membership(userId) ?? 'leave';
    return { roomId, nid, membership, num: event.num, pos: event.pos, forgotten: false, sender: event.sender };
  }

  state(type: string, stateKey: string): StoredEvent | null {
    return this.#state.get(stateTuple(type, stateKey)) ?? null;
  }

  #hostOrThrow(): ModuleHost {
    if (this.#host === null) throw new Error('attach a host first');
    return this.#host;
  }
}

/** What modules ask about these rooms; for `moduleHost({ rooms })`. */
export function miniRoomsPort(rooms: readonly MiniRoom[]): Partial<RoomsPort> {
  const find = (roomId: RoomId): MiniRoom | undefined => rooms.find((room) => room.info.roomId === roomId);
  return {
    info: async (roomId) => find(roomId)?.info ?? null,
    roomsOf: async (userId) =>
      new Map(
        rooms.flatMap((room) => {
          const own = room.userRoom(userId);
          return own === null ? [] : [[room.info.roomId, own] as const];
        }),
      ),
    membership: async (roomId, userId) => find(roomId)?.membership(userId) ?? null,
    joinedMembers: async (roomId) => find(roomId)?.joined ?? new Set(),
    stateEvent: async (roomId, type, stateKey) => find(roomId)?.state(type, stateKey) ?? null,
    eventsByNum: async (roomId, nums) => nums.flatMap((num) => find(roomId)?.events[num - 1] ?? []),
    event: async (roomId, eventId) => find(roomId)?.byId(eventId) ?? null,
    visibleEvent: async ({ roomId, eventId }) => find(roomId)?.byId(eventId) ?? null,
    content: (event) => find(event.roomId)?.content(event) ?? {},
    shareRoom: async (a, b) => rooms.some((room) => room.joined.has(a) && room.joined.has(b)),
    usersSharingRoom: async (userId) =>
      new Set(rooms.filter((room) => room.joined.has(userId)).flatMap((room) => [...room.joined].filter((other) => other !== userId))),
  };
}
