import type { EventId, UserId } from '../../core/ids/brands.ts';
import type { BatchWriter, Database } from '../../plugin-api/commit.ts';
import { EVENT_FLAG } from '../../plugin-api/stored-event.ts';
import { EDITS_KEPT, RECURSION_DEPTH, REFERENCES_MAX } from './limits.ts';

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

export interface PageBound {
  readonly after?: OrderKey;
  readonly before?: OrderKey;
  /** Positions of the commit log. */
  readonly afterPos?: number;
  readonly upToPos?: number;
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
        (select 'm.thread', (array_agg(r.num order by r.depth desc, r.num desc))[1], max(r.depth), r.sender, '', count(*)::int
         from relation r join event e using (room_nid, num)
         where r.room_nid = ${roomNid} and r.parent_id = p.id and r.rel_type = 'm.thread' and ${this.#isShown()}
         group by r.sender)
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

  /** A page of children in the room's order. `steps` above 1: children of children too, through such as fit the types. */
  page(options: {
    roomNid: number;
    parentId: EventId;
    relType: string | null;
    eventType: string | null;
    bound: PageBound;
    dir: 'b' | 'f';
    limit: number;
    recurse: boolean;
  }): Promise<OrderKey[]> {
    const { roomNid, parentId, relType, eventType, bound, dir, limit, recurse } = options;
    const db = this.#db;
    const fits = db`(${relType}::text is null or r.rel_type = ${relType}) and (${eventType}::text is null or r.type = ${eventType})
      and ${this.#isShown()}`;
    const direct = db`
      select r.num, r.depth, e.pos, e.event_id from relation r join event e using (room_nid, num)
      where r.room_nid = ${roomNid} and r.parent_id = ${parentId} and ${fits}`;
    const child = recurse
      ? db`
        select distinct on (depth, num) num, depth, pos from found`
      : direct;
    const found = db`
      found (num, depth, pos, event_id, step) as (
        select direct.*, 1 from (${direct}) direct
        union
        select r.num, r.depth, e.pos, e.event_id, found.step + 1
        from found join relation r on r.room_nid = ${roomNid} and r.parent_id = found.event_id
          join event e on e.room_nid = r.room_nid and e.num = r.num
        where found.step < ${RECURSION_DEPTH} and ${fits})`;
    const after = bound.after ?? FIRST;
    const before = bound.before ?? LAST;
    return db<OrderKey[]>`
      ${recurse ? db`with recursive ${found}` : db``}
      select num, depth from (${child}) child
      where (depth, num) > (${after.depth}::bigint, ${after.num}::int) and (depth, num) < (${before.depth}::bigint, ${before.num}::int)
        and pos > ${bound.afterPos ?? -1} and pos <= ${bound.upToPos ?? Number.MAX_SAFE_INTEGER}
      order by depth ${dir === 'b' ? db`desc` : db`asc`}, num ${dir === 'b' ? db`desc` : db`asc`} limit ${limit}`;
  }

  /** Roots of threads with the place of their newest reply, newest first. */
  threads(options: {
    roomNid: number;
    before: OrderKey | null;
    limit: number;
    /** Only threads that this user has a part in. */
    participant: UserId | null;
    ignored: readonly UserId[];
  }): Promise<(OrderKey & { rootNum: number })[]> {
    const { roomNid, participant } = options;
    const db = this.#db;
    const before = options.before ?? LAST;
    const ignored = db`${options.ignored as UserId[]}::text[]`;
    const takesPart =
      participant === null
        ? db`true`
        : db`(
          root.sender_nid = (select nid from user_nid where user_id = ${participant}) or exists (
            select from relation own join event oe using (room_nid, num)
            where own.room_nid = ${roomNid} and own.parent_id = r.parent_id and own.rel_type = 'm.thread' and own.sender = ${participant}
              and oe.seq is not null and oe.flags & ${EVENT_FLAG.redacted} = 0))`;
    return db<(OrderKey & { rootNum: number })[]>`
      select r.num, r.depth, root.num as "rootNum"
      from relation r
      join event e using (room_nid, num)
      join event root on root.event_id = r.parent_id and root.room_nid = r.room_nid
      where r.room_nid = ${roomNid} and r.rel_type = 'm.thread' and (r.depth, r.num) < (${before.depth}::bigint, ${before.num}::int)
        and r.sender <> all(${ignored}) and ${this.#isShown()}
        and root.seq is not null
        and not exists (select from relation up where up.room_nid = root.room_nid and up.num = root.num)
        and not exists (
          select from relation newer join event ne using (room_nid, num)
          where newer.room_nid = ${roomNid} and newer.parent_id = r.parent_id and newer.rel_type = 'm.thread'
            and (newer.depth, newer.num) > (r.depth, r.num) and newer.sender <> all(${ignored})
            and ne.seq is not null and ne.flags & ${EVENT_FLAG.redacted} = 0)
        and ${takesPart}
      order by r.depth desc, r.num desc limit ${options.limit}`;
  }

  #isShown() {
    return this.#db`e.seq is not null and e.flags & ${EVENT_FLAG.redacted} = 0`;
  }
}
