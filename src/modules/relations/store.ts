import type { EventId, UserId } from '../../core/ids/brands.ts';
import type { BatchWriter, Database } from '../../plugin-api/commit.ts';
import { EVENT_FLAG } from '../../plugin-api/stored-event.ts';
import { EDITS_KEPT, RECURSED_MAX, RECURSION_DEPTH, REFERENCES_MAX } from './limits.ts';

export interface RelationRow {
  readonly roomNid: number;
  readonly num: number;
  readonly parentId: EventId;
  readonly relType: string;
  readonly depth: number;
  readonly sender: UserId;
  readonly type: string;
  readonly key: string | null;
  readonly replaces: boolean;
}

export const relationWriter: BatchWriter<RelationRow> = {
  name: 'relation',
  write: (tx, rows) => tx`
    insert into relation (room_nid, num, parent_id, rel_type, depth, sender, type, key, replaces)
    select room_nid, num, parent_id, rel_type, depth, sender, type, nullif(key, ''), replaces <> 0 from unnest(
      ${rows.map(({ row }) => row.roomNid)}::bigint[], ${rows.map(({ row }) => row.num)}::int[],
      ${rows.map(({ row }) => row.parentId)}::text[], ${rows.map(({ row }) => row.relType)}::text[],
      ${rows.map(({ row }) => row.depth)}::bigint[], ${rows.map(({ row }) => row.sender)}::text[],
      ${rows.map(({ row }) => row.type)}::text[], ${rows.map(({ row }) => row.key ?? '')}::text[],
      ${rows.map(({ row }) => (row.replaces ? 1 : 0))}::int[])
      as row(room_nid, num, parent_id, rel_type, depth, sender, type, key, replaces)
    on conflict do nothing`,
};

/** A reply in a thread that is shown. */
export interface ThreadReplyRow {
  readonly roomNid: number;
  readonly rootId: EventId;
  readonly num: number;
  readonly depth: number;
  readonly sender: UserId;
}

export const threadReplyWriter: BatchWriter<ThreadReplyRow> = {
  name: 'thread_reply',
  write(tx, rows) {
    const replies = tx`unnest(
      ${rows.map(({ row }) => row.roomNid)}::bigint[], ${rows.map(({ row }) => row.rootId)}::text[],
      ${rows.map(({ row }) => row.sender)}::text[], ${rows.map(({ row }) => row.depth)}::bigint[],
      ${rows.map(({ row }) => row.num)}::int[]) as reply(room_nid, root_id, sender, depth, num)`;
    return [
      tx`
        insert into thread (room_nid, root_id, depth, num)
        select distinct on (room_nid, root_id) room_nid, root_id, depth, num from ${replies}
        order by room_nid, root_id, depth desc, num desc
        on conflict (room_nid, root_id) do update set depth = excluded.depth, num = excluded.num
        where (excluded.depth, excluded.num) > (thread.depth, thread.num)`,
      tx`
        insert into thread_participant as known (room_nid, root_id, sender, replies, depth, num)
        select distinct on (room_nid, root_id, sender) room_nid, root_id, sender,
          count(*) over (partition by room_nid, root_id, sender), depth, num
        from ${replies} order by room_nid, root_id, sender, depth desc, num desc
        on conflict (room_nid, root_id, sender) do update set
          replies = known.replies + excluded.replies,
          depth = case when (excluded.depth, excluded.num) > (known.depth, known.num) then excluded.depth else known.depth end,
          num = case when (excluded.depth, excluded.num) > (known.depth, known.num) then excluded.num else known.num end`,
    ];
  },
};

export interface RedactionRow {
  readonly roomNid: number;
  readonly targetId: EventId;
}

/** Counts again what the senders of redacted replies wrote in their threads. Runs when the batch's redactions are in the event table. */
export const threadRedactionWriter: BatchWriter<RedactionRow> = {
  name: 'thread_redaction',
  phase: 1,
  write(tx, rows) {
    const hit = tx`
      select distinct r.room_nid, r.parent_id as root_id, r.sender
      from unnest(${rows.map(({ row }) => row.roomNid)}::bigint[], ${rows.map(({ row }) => row.targetId)}::text[]) as target(room_nid, event_id)
      join event e on e.event_id = target.event_id and e.room_nid = target.room_nid
      join relation r on r.room_nid = e.room_nid and r.num = e.num
      where r.rel_type = 'm.thread' and e.flags & ${EVENT_FLAG.redacted} <> 0`;
    return [
      tx`
        with counted as (
          select hit.*, count(e.num)::int as replies, (array_agg(r.depth order by r.depth desc, r.num desc) filter (where e.num is not null))[1] as depth,
            (array_agg(r.num order by r.depth desc, r.num desc) filter (where e.num is not null))[1] as num
          from (${hit}) hit
          join relation r on r.room_nid = hit.room_nid and r.parent_id = hit.root_id and r.rel_type = 'm.thread' and r.sender = hit.sender
          left join event e on e.room_nid = r.room_nid and e.num = r.num and e.seq is not null and e.flags & ${EVENT_FLAG.redacted} = 0
          group by hit.room_nid, hit.root_id, hit.sender),
        gone as (
          delete from thread_participant known using counted
          where known.room_nid = counted.room_nid and known.root_id = counted.root_id and known.sender = counted.sender and counted.replies = 0)
        update thread_participant known set replies = counted.replies, depth = counted.depth, num = counted.num
        from counted
        where known.room_nid = counted.room_nid and known.root_id = counted.root_id and known.sender = counted.sender and counted.replies > 0`,
      tx`
        with newest as (
          select distinct on (hit.room_nid, hit.root_id) hit.room_nid, hit.root_id, p.depth, p.num
          from (${hit}) hit left join thread_participant p on p.room_nid = hit.room_nid and p.root_id = hit.root_id
          order by hit.room_nid, hit.root_id, p.depth desc nulls last, p.num desc),
        gone as (
          delete from thread using newest
          where thread.room_nid = newest.room_nid and thread.root_id = newest.root_id and newest.num is null)
        update thread set depth = newest.depth, num = newest.num
        from newest where thread.room_nid = newest.room_nid and thread.root_id = newest.root_id and newest.num is not null`,
    ];
  },
};

/** An event whose children are asked for. */
export interface Parent {
  readonly eventId: EventId;
  readonly sender: UserId;
  readonly type: string;
}

/** Children of one parent that are alike: an edit, a reference, or all replies of one user in a thread. */
export interface ChildRow {
  readonly parentId: EventId;
  readonly relType: 'm.replace' | 'm.reference' | 'm.thread';
  /** The newest of them. */
  readonly num: number;
  readonly depth: number;
  readonly sender: UserId;
  readonly eventId: EventId;
  readonly count: number;
}

/** A place in a room's order: before it going backwards, after it going forwards. */
export interface OrderKey {
  readonly depth: number;
  readonly num: number;
}

/** A thread: the place of its newest reply by anybody, its root, and its newest reply for one reader. */
export interface ThreadPlace extends OrderKey {
  readonly rootNum: number;
  readonly newestNum: number;
  readonly newestDepth: number;
}

export interface PageBound {
  readonly after?: OrderKey;
  readonly before?: OrderKey;
  /** Positions of the commit log. */
  readonly afterPos?: number;
  readonly upToPos?: number;
}

export interface PageQuery {
  readonly roomNid: number;
  readonly parentId: EventId;
  /** Null: any. */
  readonly relType: string | null;
  readonly eventType: string | null;
  readonly bound: PageBound;
  readonly dir: 'b' | 'f';
  readonly limit: number;
  /** Children of children too. */
  readonly recurse: boolean;
}

const FIRST: OrderKey = { depth: -1, num: -1 };
const LAST: OrderKey = { depth: Number.MAX_SAFE_INTEGER, num: 2 ** 31 - 1 };

/** Every statement leaves out redacted children, and those that are not part of the room. */
export class RelationsStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** What of the parents' children is aggregated, newest first for each parent and type. */
  children(roomNid: number, parents: readonly Parent[]): Promise<ChildRow[]> {
    return this.#db<ChildRow[]>`
      with parent as (
        select * from unnest(${parents.map((parent) => parent.eventId)}::text[], ${parents.map((parent) => parent.sender)}::text[],
          ${parents.map((parent) => parent.type)}::text[]) as p(id, sender, type))
      select p.id as "parentId", c.* from parent p cross join lateral (
        (select 'm.replace' as "relType", r.num, r.depth, r.sender, e.event_id as "eventId", 1 as count
         from relation r join event e using (room_nid, num)
         where r.room_nid = ${roomNid} and r.parent_id = p.id and r.rel_type = 'm.replace' and r.replaces and r.sender = p.sender
           and r.type = p.type and ${this.#isShown()}
         order by e.ts desc, e.event_id desc limit ${EDITS_KEPT})
        union all
        (select 'm.reference', r.num, r.depth, r.sender, e.event_id, 1
         from relation r join event e using (room_nid, num)
         where r.room_nid = ${roomNid} and r.parent_id = p.id and r.rel_type = 'm.reference' and ${this.#isShown()}
         order by r.depth desc, r.num desc limit ${REFERENCES_MAX})
        union all
        (select 'm.thread', t.num, t.depth, t.sender, '', t.replies
         from thread_participant t where t.room_nid = ${roomNid} and t.root_id = p.id)
      ) c`;
  }

  /** Numbers of a thread's replies, newest first. */
  async replies(roomNid: number, rootId: EventId, limit: number): Promise<number[]> {
    const rows = await this.#db<{ num: number }[]>`
      select r.num from relation r join event e using (room_nid, num)
      where r.room_nid = ${roomNid} and r.parent_id = ${rootId} and r.rel_type = 'm.thread' and ${this.#isShown()}
      order by r.depth desc, r.num desc limit ${limit}`;
    return rows.map((row) => row.num);
  }

  /** Relations of any type that point at the given events. */
  incoming(roomNid: number, parentIds: readonly EventId[]): Promise<{ parentId: EventId; relType: string; sender: UserId }[]> {
    return this.#db<{ parentId: EventId; relType: string; sender: UserId }[]>`
      select distinct r.parent_id as "parentId", r.rel_type as "relType", r.sender
      from relation r join event e using (room_nid, num)
      where r.room_nid = ${roomNid} and r.parent_id = any(${parentIds as EventId[]}::text[]) and ${this.#isShown()}`;
  }

  async hasAnnotation(options: { roomNid: number; parentId: EventId; sender: UserId; type: string; key: string }): Promise<boolean> {
    const { roomNid, parentId, sender, type, key } = options;
    const rows = await this.#db`
      select 1 from relation r join event e using (room_nid, num)
      where r.room_nid = ${roomNid} and r.parent_id = ${parentId} and r.rel_type = 'm.annotation' and r.sender = ${sender}
        and r.type = ${type} and r.key = ${key} and ${this.#isShown()} limit 1`;
    return rows.length > 0;
  }

  /** A page of children in the room's order. */
  page(query: PageQuery): Promise<OrderKey[]> {
    return query.recurse ? this.#pageOfDescendants(query) : this.#pageOfChildren(query);
  }

  /** Each relation type is read on its own, in the order of the index: a page costs the same among many children as among few. */
  #pageOfChildren(query: PageQuery): Promise<OrderKey[]> {
    const { roomNid, parentId, relType, limit } = query;
    const db = this.#db;
    const order = this.#order(query);
    const all = db`select rel_type from relation where room_nid = ${roomNid} and parent_id = ${parentId}`;
    const kinds =
      relType === null
        ? db`
          (${all} order by rel_type limit 1)
          union all
          select (${all} and rel_type > kind.rel_type order by rel_type limit 1) from kind where kind.rel_type is not null`
        : db`select ${relType}::text`;
    return db<OrderKey[]>`
      with recursive kind (rel_type) as (${kinds})
      select child.num, child.depth from kind cross join lateral (
        select r.num, r.depth from relation r join event e using (room_nid, num)
        where r.room_nid = ${roomNid} and r.parent_id = ${parentId} and r.rel_type = kind.rel_type and ${this.#isWithin(query)}
          and ${this.#fits(query)}
        ${order} limit ${limit}) child
      ${order} limit ${limit}`;
  }

  /** Children, children of children and so on, through such as fit the types. What lies behind the page cannot lead into it. */
  #pageOfDescendants(query: PageQuery): Promise<OrderKey[]> {
    const { roomNid, parentId, limit, bound } = query;
    const db = this.#db;
    const before = bound.before ?? LAST;
    const isBefore = db`(r.depth, r.num) < (${before.depth}::bigint, ${before.num}::int)`;
    return db<OrderKey[]>`
      with recursive found (num, event_id, step) as (
        (select r.num, e.event_id, 1
         from relation r join event e on e.room_nid = r.room_nid and e.num = r.num
         where r.room_nid = ${roomNid} and r.parent_id = ${parentId} and ${isBefore} and ${this.#fits(query)}
         ${query.dir === 'b' ? db`order by r.depth desc, r.num desc` : db`order by r.depth, r.num`} limit ${RECURSED_MAX})
        union
        select r.num, e.event_id, found.step + 1
        from found
          join relation r on r.room_nid = ${roomNid} and r.parent_id = found.event_id
          join event e on e.room_nid = r.room_nid and e.num = r.num
        where found.step < ${RECURSION_DEPTH} and ${isBefore} and ${this.#fits(query)})
      select r.num, r.depth from relation r join event e using (room_nid, num)
      where r.room_nid = ${roomNid} and r.num = any(array(select num from found limit ${RECURSED_MAX})) and ${this.#isWithin(query)}
      ${this.#order(query)} limit ${limit}`;
  }

  /** Threads by their newest reply, newest first, with the newest one that is not by an ignored user. */
  threads(options: {
    roomNid: number;
    before: OrderKey | null;
    limit: number;
    /** Only threads that this user has a part in. */
    participant: UserId | null;
    ignored: readonly UserId[];
  }): Promise<ThreadPlace[]> {
    const { roomNid, participant } = options;
    const db = this.#db;
    const before = options.before ?? LAST;
    const takesPart =
      participant === null
        ? db`true`
        : db`(
          root.sender_nid = (select nid from user_nid where user_id = ${participant}) or exists (
            select from thread_participant own
            where own.room_nid = t.room_nid and own.root_id = t.root_id and own.sender = ${participant}))`;
    return db<ThreadPlace[]>`
      select t.num, t.depth, root.num as "rootNum", newest.num as "newestNum", newest.depth as "newestDepth"
      from thread t
      join event root on root.event_id = t.root_id and root.room_nid = t.room_nid
      cross join lateral (
        select p.num, p.depth from thread_participant p
        where p.room_nid = t.room_nid and p.root_id = t.root_id and p.sender <> all(${options.ignored as UserId[]}::text[])
        order by p.depth desc, p.num desc limit 1) newest
      where t.room_nid = ${roomNid} and (t.depth, t.num) < (${before.depth}::bigint, ${before.num}::int) and root.seq is not null
        and not exists (select from relation up where up.room_nid = root.room_nid and up.num = root.num)
        and ${takesPart}
      order by t.depth desc, t.num desc limit ${options.limit}`;
  }

  #fits({ relType, eventType }: PageQuery) {
    return this.#db`(${relType}::text is null or r.rel_type = ${relType}) and (${eventType}::text is null or r.type = ${eventType})
      and ${this.#isShown()}`;
  }

  #isWithin({ bound }: PageQuery) {
    const { after = FIRST, before = LAST, afterPos = -1, upToPos = Number.MAX_SAFE_INTEGER } = bound;
    return this.#db`(r.depth, r.num) > (${after.depth}::bigint, ${after.num}::int)
      and (r.depth, r.num) < (${before.depth}::bigint, ${before.num}::int) and e.pos > ${afterPos} and e.pos <= ${upToPos}`;
  }

  #order({ dir }: PageQuery) {
    return dir === 'b' ? this.#db`order by depth desc, num desc` : this.#db`order by depth, num`;
  }

  #isShown() {
    return this.#db`e.seq is not null and e.flags & ${EVENT_FLAG.redacted} = 0`;
  }
}
