import { parseSyncFilter } from '../../src/core/filters/parse-filter.ts';
import type { DeviceId, EventId, RoomId, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import { type StateTuple, stateTuple } from '../../src/core/state-res/state-map.ts';
import { historyVisibilityOf } from '../../src/core/visibility/history-visibility.ts';
import { mayUserSeeEvent } from '../../src/core/visibility/may-user-see-event.ts';
import { ManualClock } from '../../src/platform/manual-clock.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import type { CommitPort, LogEntry } from '../../src/plugin-api/commit.ts';
import type { Membership, UserRoom } from '../../src/plugin-api/ports.ts';
import { EVENT_FLAG, type StoredEvent } from '../../src/plugin-api/stored-event.ts';
import type { SyncStream } from '../../src/plugin-api/sync-stream.ts';
import { type ClientEventPorts, createClientEventSerializer } from '../../src/rooms/client-event/client-event-serializer.ts';
import { contentOf } from '../../src/rooms/client-event/content-of.ts';
import type { RoomReader, RoomView, Timeline } from '../../src/rooms/room-reader.ts';
import { createSyncService, type SyncInput, type SyncService, type SyncServiceDeps } from '../../src/sync/sync-service.ts';

export const ALICE = '@alice:weft.test' as UserId;
export const BOB = '@bob:weft.test' as UserId;
export const CAROL = '@carol:weft.test' as UserId;
const PHONE = 'PHONE' as DeviceId;

type State = ReadonlyMap<StateTuple, number>;

interface Room {
  readonly nid: number;
  readonly roomId: RoomId;
  readonly events: StoredEvent[];
  /** By group number; group 0 is empty. */
  readonly groups: State[];
  /** [position, group] in order. */
  readonly heads: [number, number][];
}

export interface Draft {
  readonly room: RoomId;
  readonly sender?: UserId;
  readonly type?: string;
  readonly stateKey?: string;
  readonly content?: JsonObject;
  readonly prev?: readonly number[];
  readonly txnId?: string;
}

/**
 * Rooms in memory with one straight history each, a commit log, and a sync service over them. It counts what the service asks, so that
 * a test can say what an answer may cost.
 */
export class SyncWorld {
  readonly clock = new ManualClock();
  readonly streams: SyncStream[];
  readonly sync: SyncService;
  readonly ignored = new Map<UserId, ReadonlySet<UserId>>();
  readonly txnIds = new Map<EventId, string>();
  readonly relations = new Map<EventId, string>();
  readonly redactions = new Map<EventId, StoredEvent>();
  readonly stripped = new Map<RoomId, JsonObject[]>();
  readonly filters = new Map<string, JsonObject>();
  readonly touches: string[] = [];
  /** What becomes of a sign of life; nothing unless set. */
  touching: (() => Promise<void>) | undefined;
  /** Calls by method of the reader. */
  calls: Record<string, number> = {};
  /** Rooms that the service looked at. */
  touched = new Set<RoomId>();
  readonly forgotten = new Set<RoomId>();
  /** Rooms whose last position is not in memory. */
  readonly cold = new Set<RoomId>();
  readonly #rooms = new Map<RoomId, Room>();
  readonly #listeners: ((entries: readonly LogEntry[], to: number) => void)[] = [];
  #position: number;
  #batch: LogEntry[] | null = null;

  constructor(options: { streams?: SyncStream[]; position?: number } = {}) {
    this.streams = options.streams ?? [];
    this.#position = options.position ?? 0;
    this.sync = this.newService();
  }

  get position(): number {
    return this.#position;
  }

  /** A service that has just started over the same data. */
  newService(): SyncService {
    const { reader } = this;
    const deps: SyncServiceDeps = {
      reader,
      commits: this.commits,
      serializer: createClientEventSerializer({ ...this.eventPorts(), reader }),
      streams: this.streams,
      presence: {
        touch: (userId, state) => {
          this.touches.push(`${userId} ${state}`);
          return this.touching?.();
        },
      },
      clock: this.clock,
      metrics: createMetrics(),
      storedFilter: async (_userId, id) => {
        const filter = this.filters.get(id);
        return filter === undefined ? null : parseSyncFilter(filter);
      },
      ignoredUsers: (userId) => this.ignored.get(userId) ?? new Set(),
      invitesBlocked: async () => false,
      strippedState: () => this.stripped,
      incomingRelations: (roomId, nums) => {
        const room = this.#room(roomId);
        return new Map(
          nums.map((num) => {
            const target = room.events[num - 1]?.eventId;
            const pointing = room.events.filter(
              (event) => (contentOf(event)['m.relates_to'] as JsonObject | undefined)?.['event_id'] === target,
            );
            return [num, pointing.map((event) => ({ sender: event.sender, relType: 'm.thread' }))];
          }),
        );
      },
    };
    return createSyncService(deps);
  }

  eventPorts(): Omit<ClientEventPorts, 'reader'> {
    return {
      clock: this.clock,
      bundledRelations: ({ roomId, events }) =>
        this.#ofEvents(
          this.relations,
          roomId,
          events.map((event) => event.num),
        ),
    };
  }

  readonly commits: CommitPort = Object.defineProperty(
    {
      position: 0,
      commit: async (record) => this.log({ stream: record.stream, rooms: record.rooms ?? [], users: record.users ?? [] }),
      commitAll: async () => this.#position,
      onBatch: (listener) => void this.#listeners.push(listener),
    } satisfies CommitPort,
    'position',
    { get: () => this.#position },
  );

  /** Appends one entry to the log and tells the listeners, or keeps it until the end of `together`. */
  log(entry: { stream: string; rooms?: readonly RoomId[]; users?: readonly UserId[] }): number {
    const full: LogEntry = { pos: ++this.#position, rooms: [], users: [], data: null, live: null, ...entry };
    if (this.#batch === null) this.#publish([full]);
    else this.#batch.push(full);
    return full.pos;
  }

  createRoom(name: string, creator: UserId, options: { members?: UserId[]; visibility?: string } = {}): RoomId {
    const room = `!${name}:weft.test` as RoomId;
    this.#rooms.set(room, { nid: this.#rooms.size + 1, roomId: room, events: [], groups: [new Map()], heads: [] });
    this.send({ room, sender: creator, type: 'm.room.create', stateKey: '', content: { room_version: '12' } });
    this.member(room, creator, 'join');
    if (options.visibility !== undefined) {
      this.send({
        room,
        sender: creator,
        type: 'm.room.history_visibility',
        stateKey: '',
        content: { history_visibility: options.visibility },
      });
    }
    for (const member of options.members ?? []) this.member(room, member, 'join');
    return room;
  }

  member(room: RoomId, user: UserId, membership: Membership, by: UserId = user, content: JsonObject = {}): StoredEvent {
    return this.send({ room, sender: by, type: 'm.room.member', stateKey: user, content: { membership, ...content } });
  }

  say(room: RoomId, sender: UserId, body: string, more: Partial<Draft> = {}): StoredEvent {
    return this.send({ room, sender, type: 'm.room.message', content: { body, msgtype: 'm.text' }, ...more });
  }

  state(room: RoomId, sender: UserId, type: string, content: JsonObject): StoredEvent {
    return this.send({ room, sender, type, stateKey: '', content });
  }

  send(draft: Draft): StoredEvent {
    const room = this.#room(draft.room);
    const { sender = ALICE, type = 'm.room.message', stateKey, content = {} } = draft;
    const num = room.events.length + 1;
    const eventId = `$${draft.room.slice(1).split(':')[0]}${num}` as EventId;
    const before = room.groups.at(-1) ?? new Map<StateTuple, number>();
    const replaces = stateKey === undefined ? null : (before.get(stateTuple(type, stateKey)) ?? null);
    if (stateKey !== undefined) room.groups.push(new Map([...before, [stateTuple(type, stateKey), num]]));
    const sg = room.groups.length - 1;
    const pdu: JsonObject = { content, depth: num, origin_server_ts: this.clock.now(), sender, type };
    if (stateKey !== undefined) pdu['state_key'] = stateKey;
    const pos = this.#position + 1;
    const event: StoredEvent = {
      roomNid: room.nid,
      roomId: draft.room,
      eventId,
      num,
      seq: num,
      pos,
      depth: num,
      ts: this.clock.now(),
      type,
      stateKey,
      sender,
      sg,
      headSg: null,
      flags: 0,
      ncum: 0,
      tcum: 0,
      thread: null,
      prev: draft.prev ?? (num === 1 ? [] : [num - 1]),
      auth: [],
      json: JSON.stringify(pdu),
      replaces,
    };
    room.events.push(event);
    room.heads.push([pos, sg]);
    if (draft.txnId !== undefined) this.txnIds.set(eventId, draft.txnId);
    this.log({
      stream: 'event',
      rooms: [draft.room],
      users: type === 'm.room.member' && stateKey !== undefined ? [stateKey as UserId] : [],
    });
    return event;
  }

  /** Replaces an event's content by nothing, as a redaction does. */
  redact(room: RoomId, target: StoredEvent, by: UserId): StoredEvent {
    const redaction = this.send({ room, sender: by, type: 'm.room.redaction', content: { redacts: target.eventId } });
    const pdu = { ...(JSON.parse(target.json) as JsonObject), content: {} };
    this.#room(room).events[target.num - 1] = { ...target, flags: EVENT_FLAG.redacted, json: JSON.stringify(pdu) };
    this.redactions.set(target.eventId, redaction);
    return redaction;
  }

  /** Several appends that become visible in one batch. */
  together(work: () => void): void {
    this.#batch = [];
    work();
    const batch = this.#batch;
    this.#batch = null;
    this.#publish(batch);
  }

  forgetCounts(): void {
    this.calls = {};
    this.touched = new Set();
  }

  request(userId: UserId, since: string | null, more: Partial<SyncInput> & { filterJson?: JsonObject } = {}): SyncInput {
    const { filterJson, ...rest } = more;
    return {
      userId,
      deviceId: PHONE,
      txnScope: PHONE,
      isGuest: false,
      since,
      filter: filterJson === undefined ? null : JSON.stringify(filterJson),
      fullState: false,
      setPresence: 'online',
      timeoutMs: 0,
      stateKeys: ['state'],
      signal: new AbortController().signal,
      ...rest,
    };
  }

  /** Syncs and parses. */
  async get(userId: UserId, since: string | null = null, more: Partial<SyncInput> & { filterJson?: JsonObject } = {}): Promise<SyncAnswer> {
    return JSON.parse(await this.sync.sync(this.request(userId, since, more))) as SyncAnswer;
  }

  readonly reader: RoomReader = {
    view: async (roomId) => {
      this.#count('view', roomId);
      return this.#rooms.has(roomId) ? this.#view(roomId) : null;
    },
    views: async (roomIds) => {
      if (roomIds.length > 0) this.#count('views');
      return new Map(roomIds.filter((roomId) => this.#rooms.has(roomId)).map((roomId) => [roomId, this.#view(roomId)]));
    },
    warmMembers: async () => this.#count('warmMembers'),
    lastPosIfWarm: (roomId) => (this.cold.has(roomId) ? undefined : this.#room(roomId).events.at(-1)?.pos),
    roomsOf: async (userId) => {
      this.#count('roomsOf');
      const result = new Map<RoomId, UserRoom>();
      for (const room of this.#rooms.values()) {
        const event = room.events.findLast(({ type, stateKey }) => type === 'm.room.member' && stateKey === userId);
        if (event === undefined) continue;
        const membership = contentOf(event)['membership'] as Membership;
        const { num, pos, sender, roomId } = event;
        result.set(roomId, { roomId, nid: room.nid, membership, num, pos, sender, forgotten: this.forgotten.has(roomId) });
      }
      return result;
    },
    latest: async (roomIds, { to, limit }) => {
      this.#count('latest');
      return new Map(roomIds.map((roomId) => [roomId, this.#timeline(roomId, { after: 0, to, limit })]));
    },
    eventsByNum: async (roomId, nums) => {
      this.#count('eventsByNum', roomId);
      return this.#byNum(roomId, nums);
    },
    eventsById: async (roomId, ids) => this.#room(roomId).events.filter((event) => ids.includes(event.eventId)),
    eventsOfRooms: async (wanted) => {
      this.#count('eventsOfRooms');
      return new Map([...wanted].map(([roomId, nums]) => [roomId, this.#byNum(roomId, nums)]));
    },
    filterVisible: async (userId, roomId, events) => {
      this.#count('filterVisible', roomId);
      return events.filter((event) => this.#isVisible(userId, event));
    },
    txnIds: async ({ scope, roomId, nums }) => {
      this.#count('txnIds', roomId);
      return scope === PHONE ? this.#ofEvents(this.txnIds, roomId, nums) : new Map();
    },
    redactionsOf: async (roomId, nums) => {
      this.#count('redactionsOf', roomId);
      return this.#ofEvents(this.redactions, roomId, nums);
    },
    clientText: (event) => {
      const { content, sender, type, origin_server_ts: ts } = JSON.parse(event.json) as JsonObject;
      const client = { content, event_id: event.eventId, origin_server_ts: ts, sender, type };
      return JSON.stringify(event.stateKey === undefined ? client : { ...client, state_key: event.stateKey }).slice(0, -1);
    },
  };

  #view(roomId: RoomId): RoomView {
    const room = this.#room(roomId);
    const group = (sg: number): State => room.groups[sg] ?? new Map();
    const members = (membership: string): UserId[] =>
      [...(room.groups.at(-1) ?? [])]
        .filter(([tuple, num]) => {
          const event = room.events[num - 1];
          return tuple.startsWith('m.room.member\0') && event !== undefined && contentOf(event)['membership'] === membership;
        })
        .map(([tuple]) => tuple.slice('m.room.member\0'.length) as UserId);
    return {
      info: { nid: room.nid, roomId, version: '12' },
      lastPos: room.events.at(-1)?.pos ?? 0,
      timeline: async (options) => {
        this.#count('timeline', roomId);
        return this.#timeline(roomId, options);
      },
      page: async () => [],
      stateAt: async (sg) => {
        this.#count('stateAt', roomId);
        return group(sg);
      },
      stateValueAt: async (sg, tuple) => group(sg).get(tuple),
      stateGroupAt: async (pos) => room.heads.findLast(([at]) => at <= pos)?.[1] ?? 0,
      currentState: async () => room.groups.at(-1) ?? new Map(),
      stateDelta: async (from, to) => {
        const delta = new Map<StateTuple, number | null>();
        for (const [tuple, num] of group(to)) if (group(from).get(tuple) !== num) delta.set(tuple, num);
        for (const tuple of group(from).keys()) if (!group(to).has(tuple)) delta.set(tuple, null);
        return delta;
      },
      membershipOf: async () => null,
      joinedMembers: async () => new Set(members('join')),
      counts: async () => ({ joined: members('join').length, invited: members('invite').length }),
      heroes: async (exclude) => [...members('join'), ...members('invite')].filter((user) => user !== exclude),
    };
  }

  #timeline(roomId: RoomId, { after, to, limit }: { after: number; to: number; limit: number }): Timeline {
    const events = this.#room(roomId).events.filter(({ pos }) => pos > after && pos <= to);
    return { events: events.slice(-limit), limited: events.length > limit };
  }

  #isVisible(userId: UserId, event: StoredEvent): boolean {
    const room = this.#room(event.roomId);
    const before = room.groups[room.events[event.num - 2]?.sg ?? 0] ?? new Map<StateTuple, number>();
    const contentAt = (type: string, key: string): JsonObject | undefined => {
      const found = room.events[(before.get(stateTuple(type, key)) ?? 0) - 1];
      return found === undefined ? undefined : contentOf(found);
    };
    return mayUserSeeEvent({
      event: { type: event.type, stateKey: event.stateKey, content: contentOf(event) },
      userId,
      visibilityAtEvent: historyVisibilityOf(contentAt('m.room.history_visibility', '')),
      membershipAtEvent: contentAt('m.room.member', userId)?.['membership'] as string | undefined,
      joinedLater: room.events
        .slice(event.num)
        .some((later) => later.type === 'm.room.member' && later.stateKey === userId && contentOf(later)['membership'] === 'join'),
    });
  }

  #ofEvents<T>(values: ReadonlyMap<EventId, T>, roomId: RoomId, nums: readonly number[]): Map<number, T> {
    const found = new Map<number, T>();
    for (const { num, eventId } of this.#byNum(roomId, nums)) {
      const value = values.get(eventId);
      if (value !== undefined) found.set(num, value);
    }
    return found;
  }

  #byNum(roomId: RoomId, nums: readonly number[]): StoredEvent[] {
    const { events } = this.#room(roomId);
    return nums.map((num) => events[num - 1]).filter((event) => event !== undefined);
  }

  #room(roomId: RoomId): Room {
    const room = this.#rooms.get(roomId);
    if (room === undefined) throw new Error(`no room ${roomId}`);
    return room;
  }

  #count(method: string, roomId?: RoomId): void {
    this.calls[method] = (this.calls[method] ?? 0) + 1;
    if (roomId !== undefined) this.touched.add(roomId);
  }

  #publish(entries: readonly LogEntry[]): void {
    for (const listener of this.#listeners) listener(entries, this.#position);
  }
}

export interface AnswerEvent {
  readonly type: string;
  readonly event_id: EventId;
  readonly sender: UserId;
  readonly state_key?: string;
  readonly content: JsonObject;
  readonly unsigned: JsonObject;
}

interface AnswerRoom {
  readonly timeline: { readonly events: AnswerEvent[]; readonly limited: boolean; readonly prev_batch: string };
  readonly state?: { readonly events: AnswerEvent[] };
  readonly state_after?: { readonly events: AnswerEvent[] };
  readonly summary?: JsonObject;
  readonly ephemeral?: { readonly events: JsonObject[] };
  readonly account_data?: { readonly events: JsonObject[] };
  readonly unread_notifications?: JsonObject;
}

export interface SyncAnswer {
  readonly next_batch: string;
  readonly rooms?: {
    readonly join?: { readonly [roomId: string]: AnswerRoom };
    readonly leave?: { readonly [roomId: string]: AnswerRoom };
    readonly invite?: { readonly [roomId: string]: { readonly invite_state: { readonly events: JsonObject[] } } };
    readonly knock?: { readonly [roomId: string]: { readonly knock_state: { readonly events: JsonObject[] } } };
  };
  readonly presence?: { readonly events: JsonObject[] };
  readonly account_data?: { readonly events: JsonObject[] };
  readonly to_device?: { readonly events: JsonObject[] };
  readonly device_lists?: JsonObject;
  readonly device_one_time_keys_count?: JsonObject;
}

/** `type` of message events by their body, of state events by type and key. */
export function labels(events: readonly AnswerEvent[] | undefined): string[] {
  return (events ?? []).map((event) =>
    event.state_key === undefined ? (event.content['body'] as string) : `${event.type}|${event.state_key}`,
  );
}
