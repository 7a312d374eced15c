import type { EventId, RoomId, UserId } from '../core/ids/brands.ts';
import type { StateTuple } from '../core/state-res/state-map.ts';
import type { Membership, RoomInfo, UserRoom } from '../plugin-api/ports.ts';
import type { StoredEvent } from '../plugin-api/stored-event.ts';

/**
 * What sync and the reading endpoints ask of rooms. Everything is committed data; answers come from memory when the room is warm.
 * Implemented by `RoomReadModel`.
 */
export interface RoomReader {
  view(roomId: RoomId): Promise<RoomView | null>;
  /** Warm several rooms with a constant number of queries. */
  views(roomIds: readonly RoomId[]): Promise<Map<RoomId, RoomView>>;
  /** Reads the member lists of several rooms with one query, before `counts`, `heroes` or `joinedMembers` of each. */
  warmMembers(roomIds: readonly RoomId[]): Promise<void>;
  /** Position of the newest timeline event of the room if it is known in memory; undefined when the room is cold. */
  lastPosIfWarm(roomId: RoomId): number | undefined;
  /** Every room in which the user has a membership event, forgotten ones included. */
  roomsOf(userId: UserId): Promise<ReadonlyMap<RoomId, UserRoom>>;
  /**
   * Newest `limit` timeline events of each room (ascending), up to and including position `to`, for many rooms with one query.
   */
  latest(roomIds: readonly RoomId[], options: { to: number; limit: number }): Promise<Map<RoomId, Timeline>>;
  eventsByNum(roomId: RoomId, nums: readonly number[]): Promise<StoredEvent[]>;
  /** Events by id inside one room; unknown, rejected, soft-failed and stub ones are left out. */
  eventsById(roomId: RoomId, ids: readonly EventId[]): Promise<StoredEvent[]>;
  /** For events of several rooms at once (state of an initial sync). */
  eventsOfRooms(wanted: ReadonlyMap<RoomId, readonly number[]>): Promise<Map<RoomId, StoredEvent[]>>;
  /** The events that this user may see, by history visibility and the user's membership at each. Order is kept. */
  filterVisible(userId: UserId, roomId: RoomId, events: readonly StoredEvent[]): Promise<StoredEvent[]>;
  /** Client-format JSON text of the event without `unsigned` and without `room_id`, ending before the closing brace: `{"content":…,"type":"…"`. Cached. */
  clientText(event: StoredEvent): string;
  /** Transaction ids that a user used in a scope, by event number; events sent otherwise are absent. */
  txnIds(options: {
    readonly userId: UserId;
    readonly scope: string;
    readonly roomId: RoomId;
    readonly nums: readonly number[];
  }): Promise<ReadonlyMap<number, string>>;
  /** The redaction behind each redacted event, by the number of the redacted event. */
  redactionsOf(roomId: RoomId, nums: readonly number[]): Promise<ReadonlyMap<number, StoredEvent>>;
}

export interface Timeline {
  /** Ascending by `seq`. */
  readonly events: StoredEvent[];
  /** More events lie between the lower bound and the first event. */
  readonly limited: boolean;
}

/** Read model of one room. */
export interface RoomView {
  readonly info: RoomInfo;
  /** Position of the newest timeline event. */
  readonly lastPos: number;
  /** Timeline events with `after < pos ≤ to`: the newest `limit` of them, ascending. */
  timeline(options: { after: number; to: number; limit: number }): Promise<Timeline>;
  /** One page in topological order (depth, num), exclusive of the token's own place going backwards, inclusive going forwards. */
  page(options: { from: TimelineToken; to?: TimelineToken; dir: 'b' | 'f'; limit: number }): Promise<StoredEvent[]>;
  /** State as event numbers after the given group. Do not modify. */
  stateAt(sg: number): Promise<ReadonlyMap<StateTuple, number>>;
  /** One key of the state after a group; from memory for recent groups. */
  stateValueAt(sg: number, tuple: StateTuple): Promise<number | undefined>;
  /** Group of the room's current state as of position `pos` (0 when the room did not exist for us yet). */
  stateGroupAt(pos: number): Promise<number>;
  /** Current state (newest committed). */
  currentState(): Promise<ReadonlyMap<StateTuple, number>>;
  /** What to change in state `from` to have state `to`: new or changed entries, `null` for entries that vanished. */
  stateDelta(from: number, to: number): Promise<Map<StateTuple, number | null>>;
  membershipOf(userId: UserId): Promise<Membership | null>;
  joinedMembers(): Promise<ReadonlySet<UserId>>;
  /** Counts of current members. */
  counts(): Promise<{ joined: number; invited: number }>;
  /** First users for `m.heroes`, in the order of their membership events, the given user and (unless nobody else) departed members left out. */
  heroes(exclude: UserId): Promise<UserId[]>;
}

/** A place between two events of a room's topological order: right before the event `num` at `depth`. */
export interface TimelineToken {
  readonly depth: number;
  readonly num: number;
}
