import type { Sql } from 'postgres';
import type { EventId, RoomId, UserId } from '../../core/ids/brands.ts';
import type { RoomVersionId } from '../../core/room-versions/room-version.ts';
import type { Membership } from '../../plugin-api/ports.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';

/** The `room` row. */
export interface RoomRow {
  readonly nid: number;
  readonly roomId: RoomId;
  readonly version: RoomVersionId;
  readonly shard: number;
  readonly lastNum: number;
  readonly lastSeq: number;
  readonly firstSeq: number;
  readonly headSg: number;
  readonly lastSg: number;
  readonly lastSkn: number;
  readonly forward: number[];
  readonly maxDepth: number;
}

/** One key of a room's state dictionary with its current value. */
export interface StateKeyRow {
  readonly roomNid: number;
  readonly skn: number;
  readonly type: string;
  readonly stateKey: string;
  readonly num: number | null;
}

export interface GroupRow {
  readonly sg: number;
  readonly height: number;
  readonly path: number[];
  readonly isFull: boolean;
  readonly delta: number[];
}

export interface MemberListRow {
  readonly userId: UserId;
  readonly roomNid: number;
  readonly membership: Membership;
  readonly num: number;
  readonly pos: number;
}

export interface UserRoomRow extends MemberListRow {
  readonly roomId: RoomId;
  readonly forgotten: boolean;
  readonly sender: UserId;
}

/** All reads of rooms and events. Every function takes many ids where a caller could have many. */
export class RoomSql {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async rooms(roomIds: readonly RoomId[]): Promise<RoomRow[]> {
    return this.#sql<RoomRow[]>`
      select nid, room_id as "roomId", version, shard, last_num as "lastNum", last_seq as "lastSeq", first_seq as "firstSeq",
        head_sg as "headSg", last_sg as "lastSg", last_skn as "lastSkn", forward, max_depth as "maxDepth"
      from room where room_id = any(${[...roomIds]}::text[])`;
  }

  /** The state dictionaries of rooms, with current values. */
  async stateKeys(roomNids: readonly number[]): Promise<StateKeyRow[]> {
    return this.#sql<StateKeyRow[]>`
      select room_nid as "roomNid", skn, type, state_key as "stateKey", num from room_state where room_nid = any(${[...roomNids]}::bigint[])`;
  }

  /** Rooms, their state and their newest events as of one moment. */
  async snapshot(roomIds: readonly RoomId[], recent: number): Promise<{ rooms: RoomRow[]; keys: StateKeyRow[]; recent: StoredEvent[] }> {
    return this.#sql.begin('isolation level repeatable read read only', async (tx) => {
      const reader = new RoomSql(tx as unknown as Sql);
      const rooms = await reader.rooms(roomIds);
      const nids = rooms.map((room) => room.nid);
      if (nids.length === 0) return { rooms: [], keys: [], recent: [] };
      const [keys, events] = await Promise.all([
        reader.stateKeys(nids),
        reader.latest(nids, { after: -1, to: Number.MAX_SAFE_INTEGER, limit: recent }),
      ]);
      return { rooms: [...rooms], keys: [...keys], recent: [...events] };
    });
  }

  async groups(roomNid: number, sgs: readonly number[]): Promise<GroupRow[]> {
    return this.#sql<GroupRow[]>`
      select sg, height, path, is_full as "isFull", delta from state_group where room_nid = ${roomNid} and sg = any(${[...sgs]}::int[])`;
  }

  /** The groups whose deltas build the state of one group, itself included, oldest first: one query. */
  async groupPath(roomNid: number, sg: number): Promise<GroupRow[]> {
    return this.#sql<GroupRow[]>`
      select g.sg, g.height, g.path, g.is_full as "isFull", g.delta
      from state_group t join state_group g on g.room_nid = t.room_nid and (g.sg = any(t.path) or g.sg = t.sg)
      where t.room_nid = ${roomNid} and t.sg = ${sg} order by g.height`;
  }

  async eventsByNum(roomNid: number, nums: readonly number[]): Promise<StoredEvent[]> {
    return this.#events(this.#sql`e.room_nid = ${roomNid} and e.num = any(${[...nums]}::int[])`);
  }

  /** Pairs of (room, number), for many rooms at once. */
  async eventsByRoomAndNum(roomNids: readonly number[], nums: readonly number[]): Promise<StoredEvent[]> {
    return this.#events(this.#sql`(e.room_nid, e.num) in (select * from unnest(${[...roomNids]}::bigint[], ${[...nums]}::int[]))`);
  }

  async eventsById(ids: readonly EventId[]): Promise<StoredEvent[]> {
    return this.#events(this.#sql`e.event_id = any(${[...ids]}::text[])`);
  }

  /** The newest `limit` timeline events of each room with `after < pos ≤ to`, ascending by arrival. */
  async latest(roomNids: readonly number[], options: { after: number; to: number; limit: number }): Promise<StoredEvent[]> {
    const sql = this.#sql;
    const rows = await sql<EventRow[]>`
      select ${this.#columns()}
      from unnest(${[...roomNids]}::bigint[]) as wanted(nid)
      cross join lateral (
        select * from event x where x.room_nid = wanted.nid and x.seq is not null and x.pos <= ${options.to} and x.pos > ${options.after}
        order by x.seq desc limit ${options.limit}
      ) e ${this.#joins()}
      order by e.room_nid, e.seq`;
    return storedEvents(rows);
  }

  /** One page of the timeline in topological order. `b`: before the token, newest first. `f`: from the token on, oldest first. */
  async page(
    roomNid: number,
    options: { depth: number; num: number; to?: { depth: number; num: number }; dir: 'b' | 'f'; limit: number },
  ): Promise<StoredEvent[]> {
    const sql = this.#sql;
    const { depth, num, to, dir, limit } = options;
    const bound =
      to === undefined
        ? sql``
        : dir === 'b'
          ? sql`and (x.depth, x.num) >= (${to.depth}, ${to.num})`
          : sql`and (x.depth, x.num) < (${to.depth}, ${to.num})`;
    const inner =
      dir === 'b'
        ? sql`select * from event x where x.room_nid = ${roomNid} and x.seq is not null and (x.depth, x.num) < (${depth}, ${num}) ${bound}
              order by x.depth desc, x.num desc limit ${limit}`
        : sql`select * from event x where x.room_nid = ${roomNid} and x.seq is not null and (x.depth, x.num) >= (${depth}, ${num}) ${bound}
              order by x.depth, x.num limit ${limit}`;
    const order = dir === 'b' ? sql`order by e.depth desc, e.num desc` : sql`order by e.depth, e.num`;
    return storedEvents(await sql<EventRow[]>`select ${this.#columns()} from (${inner}) e ${this.#joins()} ${order}`);
  }

  /** The timeline event nearest to a time: at or before it (`b`), at or after it (`f`). */
  async nearestByTime(roomNid: number, ts: number, dir: 'b' | 'f'): Promise<StoredEvent | null> {
    const sql = this.#sql;
    const inner =
      dir === 'b'
        ? sql`select * from event x where x.room_nid = ${roomNid} and x.seq is not null and x.ts <= ${ts} order by x.ts desc, x.depth desc, x.num desc limit 1`
        : sql`select * from event x where x.room_nid = ${roomNid} and x.seq is not null and x.ts >= ${ts} order by x.ts, x.depth, x.num limit 1`;
    const [event] = storedEvents(await sql<EventRow[]>`select ${this.#columns()} from (${inner}) e ${this.#joins()}`);
    return event ?? null;
  }

  /** Group of the room's current state as of a position; null when the room had no timeline event yet. */
  async stateGroupAt(roomNid: number, pos: number): Promise<number | null> {
    const [row] = await this.#sql<{ sg: number | null }[]>`
      select coalesce(head_sg, sg) as sg from event where room_nid = ${roomNid} and seq is not null and pos <= ${pos} order by seq desc limit 1`;
    return row?.sg ?? null;
  }

  /** Memberships of whole rooms. */
  async members(roomNids: readonly number[]): Promise<MemberListRow[]> {
    return this.#sql<MemberListRow[]>`
      select u.user_id as "userId", m.room_nid as "roomNid", m.membership, m.num, m.pos
      from member m join user_nid u on u.nid = m.user_nid where m.room_nid = any(${[...roomNids]}::bigint[]) order by m.pos`;
  }

  /** The newest membership of everybody whose membership of one of these rooms changed in (from, to]. */
  async membersChanged(roomNids: readonly number[], from: number, to: number): Promise<MemberListRow[]> {
    return this.#sql<MemberListRow[]>`
      select u.user_id as "userId", m.room_nid as "roomNid", m.membership, m.num, m.pos
      from member m join user_nid u on u.nid = m.user_nid
      where m.room_nid = any(${[...roomNids]}::bigint[]) and m.pos > ${from} and m.pos <= ${to}`;
  }

  async roomsOfUser(userId: UserId): Promise<UserRoomRow[]> {
    return this.#sql<UserRoomRow[]>`
      select u.user_id as "userId", m.room_nid as "roomNid", r.room_id as "roomId", m.membership, m.num, m.pos, m.forgotten, s.user_id as sender
      from user_nid u join member m on m.user_nid = u.nid join room r on r.nid = m.room_nid join user_nid s on s.nid = m.sender_nid
      where u.user_id = ${userId}`;
  }

  /** Running counts of notifying events at the end of the timeline: of the room, and of its main timeline. */
  async timelineCounts(roomNid: number): Promise<{ ncum: number; mainTcum: number }> {
    const [row] = await this.#sql<{ ncum: number | null; main: number | null }[]>`
      select (select ncum from event where room_nid = ${roomNid} and seq is not null order by seq desc limit 1) as ncum,
        (select tcum from event where room_nid = ${roomNid} and seq is not null and thread is null order by seq desc limit 1) as main`;
    return { ncum: row?.ncum ?? 0, mainTcum: row?.main ?? 0 };
  }

  /** The same inside one thread. */
  async threadCount(roomNid: number, thread: number): Promise<number> {
    const [row] = await this.#sql<{ tcum: number }[]>`
      select tcum from event where room_nid = ${roomNid} and thread = ${thread} and seq is not null order by seq desc limit 1`;
    return row?.tcum ?? 0;
  }

  /** Numbers for rooms that are about to be made. */
  async reserveRoomNids(count: number): Promise<number[]> {
    const rows = await this.#sql<{ nid: number }[]>`
      select nextval(pg_get_serial_sequence('room', 'nid'))::bigint as nid from generate_series(1, ${count})`;
    return rows.map((row) => row.nid);
  }

  async recentTxns(
    userNid: number,
    scope: string,
    sinceTs: number,
    limit: number,
  ): Promise<{ roomNid: number; txnId: string; num: number; eventId: EventId; pos: number }[]> {
    return this.#sql<{ roomNid: number; txnId: string; num: number; eventId: EventId; pos: number }[]>`
      select t.room_nid as "roomNid", t.txn_id as "txnId", t.num, e.event_id as "eventId", e.pos
      from txn_id t join event e on e.room_nid = t.room_nid and e.num = t.num
      where t.user_nid = ${userNid} and t.scope = ${scope} and t.ts > ${sinceTs} order by t.ts desc limit ${limit}`;
  }

  /** The event that one transaction id made. */
  async eventOfTxn(txn: {
    userNid: number;
    scope: string;
    roomNid: number;
    txnId: string;
  }): Promise<{ eventId: EventId; pos: number } | null> {
    const [row] = await this.#sql<{ eventId: EventId; pos: number }[]>`
      select e.event_id as "eventId", e.pos from txn_id t join event e on e.room_nid = t.room_nid and e.num = t.num
      where t.user_nid = ${txn.userNid} and t.scope = ${txn.scope} and t.room_nid = ${txn.roomNid} and t.txn_id = ${txn.txnId}`;
    return row ?? null;
  }

  /** Transaction ids of one device by the events they made, for many rooms at once. */
  async txnsOfEvents(
    events: readonly { roomNid: number; num: number }[],
    userNid: number,
    scope: string,
  ): Promise<{ roomNid: number; num: number; txnId: string }[]> {
    return this.#sql<{ roomNid: number; num: number; txnId: string }[]>`
      select t.room_nid as "roomNid", t.num, t.txn_id as "txnId"
      from unnest(${events.map((event) => event.roomNid)}::bigint[], ${events.map((event) => event.num)}::int[]) as wanted(room_nid, num)
      join txn_id t on t.room_nid = wanted.room_nid and t.num = wanted.num
      where t.user_nid = ${userNid} and t.scope = ${scope}`;
  }

  /** Which event redacted which. */
  async redactedBy(roomNid: number, nums: readonly number[]): Promise<{ targetNum: number; byNum: number }[]> {
    return this.#sql<{ targetNum: number; byNum: number }[]>`
      select target_num as "targetNum", by_num as "byNum" from redaction where room_nid = ${roomNid} and target_num = any(${[...nums]}::int[])`;
  }

  async pendingRedactions(roomNid: number, ids: readonly EventId[]): Promise<{ targetEventId: EventId; byNum: number }[]> {
    return this.#sql<{ targetEventId: EventId; byNum: number }[]>`
      select target_event_id as "targetEventId", by_num as "byNum" from pending_redaction
      where room_nid = ${roomNid} and target_event_id = any(${[...ids]}::text[])`;
  }

  /** Auth edges of a whole room, for the auth graph. */
  async authEdges(roomNid: number): Promise<{ num: number; auth: number[]; eventId: EventId }[]> {
    return this.#sql<{ num: number; auth: number[]; eventId: EventId }[]>`
      select num, auth, event_id as "eventId" from event
      where room_nid = ${roomNid} and (skn is not null or flags & 16 <> 0) order by num`;
  }

  async #events(where: ReturnType<Sql>): Promise<StoredEvent[]> {
    return storedEvents(await this.#sql<EventRow[]>`select ${this.#columns()} from event e ${this.#joins()} where ${where}`);
  }

  #columns() {
    return this.#sql`
      e.room_nid as "roomNid", r.room_id as "roomId", e.event_id as "eventId", e.num, e.seq, e.pos, e.depth, e.ts, t.type, rs.state_key as "stateKey",
      u.user_id as sender, e.sg, e.head_sg as "headSg", e.flags, e.ncum, e.tcum, e.thread, e.prev, e.auth, e.json, e.replaces`;
  }

  #joins() {
    return this.#sql`
      join room r on r.nid = e.room_nid join event_type t on t.nid = e.type_nid join user_nid u on u.nid = e.sender_nid
      left join room_state rs on rs.room_nid = e.room_nid and rs.skn = e.skn`;
  }
}

/** As the columns come: an event that is no state has a null instead of a state key. */
type EventRow = Omit<StoredEvent, 'stateKey'> & { readonly stateKey: string | null };

/** Changes the rows in place: they are read in large numbers, and nobody else has them yet. */
function storedEvents(rows: readonly EventRow[]): StoredEvent[] {
  const events = [...rows] as unknown as (StoredEvent & { stateKey: string | null | undefined })[];
  for (const event of events) event.stateKey ??= undefined;
  return events;
}
