import type { UserId } from '../../core/ids/brands.ts';
import { noStoredPushRules, type StoredPushRules } from '../../core/push/stored-push-rules.ts';
import type { BatchWriter, Database } from '../../plugin-api/commit.ts';

/** `thread` of a marker for the main timeline. */
export const MAIN_THREAD = -1;
/** `thread` of a marker for the whole room. */
export const ALL_THREADS = -2;
/** `userId` of an exception for every member who has no row of their own. */
export const EVERYBODY = '' as UserId;

export interface PushRulesRow {
  readonly userId: UserId;
  readonly rules: StoredPushRules;
}

export interface MarkerRow {
  readonly userId: UserId;
  readonly roomNid: number;
  readonly thread: number;
  readonly seq: number;
}

export interface ExceptionRow {
  readonly userId: UserId;
  readonly roomNid: number;
  readonly seq: number;
  readonly num: number;
  readonly thread: number;
  /** Added to what the event counts otherwise: -1, 0 or 1. */
  readonly notify: number;
  readonly highlight: number;
}

export interface MutedRow {
  readonly userId: UserId;
  readonly roomNid: number;
  /** First event of the new way of counting. */
  readonly seq: number;
  readonly muted: boolean;
}

export interface MembershipRow {
  readonly userId: UserId;
  readonly roomNid: number;
  readonly seq: number;
  readonly joined: boolean;
}

export interface ThreadUnread {
  readonly roomNid: number;
  /** `seq` of the newest event that the counts include. */
  readonly head: number;
  /** `null` when the room has nothing unread. */
  readonly thread: number | null;
  readonly notify: number;
  readonly highlight: number;
}

export const pushRulesWriter: BatchWriter<PushRulesRow> = {
  name: 'push_rules',
  write: (tx, rows) => {
    const last = new Map(rows.map(({ pos, row }) => [row.userId, { pos, rules: JSON.stringify(row.rules) }]));
    return tx`
      insert into push_rules (user_id, rules, pos)
      select * from unnest(${[...last.keys()]}::text[], ${[...last.values()].map((row) => row.rules)}::text[],
        ${[...last.values()].map((row) => row.pos)}::bigint[])
      on conflict (user_id) do update set rules = excluded.rules, pos = excluded.pos`;
  },
};

/** Markers of own messages. They only move forwards. */
export const ownMarkerWriter: BatchWriter<MarkerRow> = {
  name: 'read_marker_own',
  write: (tx, rows) =>
    upsertMarkers(
      tx,
      rows.map(({ row }) => row),
    ),
};

/** Markers of receipts. What they cover needs no exceptions any more. */
export const receiptMarkerWriter: BatchWriter<MarkerRow> = {
  name: 'read_marker_receipt',
  write: (tx, rows) => {
    const markers = rows.map(({ row }) => row);
    const covered = tx`unnest(${markers.map((row) => row.userId)}::text[], ${markers.map((row) => row.roomNid)}::bigint[],
      ${markers.map((row) => row.thread)}::int[], ${markers.map((row) => row.seq)}::int[]) as m(user_id, room_nid, thread, seq)`;
    return [
      upsertMarkers(tx, markers),
      tx`
        delete from unread_exception x using ${covered}
        where x.user_id = m.user_id and x.room_nid = m.room_nid and x.seq <= m.seq and m.thread in (x.thread, ${ALL_THREADS})`,
      tx`
        delete from read_marker x using ${covered}
        where x.user_id = m.user_id and x.room_nid = m.room_nid and x.seq <= m.seq and m.thread = ${ALL_THREADS} and x.thread <> ${ALL_THREADS}`,
      tx`
        delete from unread_muted x using ${covered}
        where x.user_id = m.user_id and x.room_nid = m.room_nid and x.to_seq <= m.seq and m.thread = ${ALL_THREADS}`,
    ];
  },
};

export const exceptionWriter: BatchWriter<ExceptionRow> = {
  name: 'unread_exception',
  write: (tx, rows) => tx`
    insert into unread_exception (user_id, room_nid, seq, num, thread, notify, highlight)
    select * from unnest(${rows.map(({ row }) => row.userId)}::text[], ${rows.map(({ row }) => row.roomNid)}::bigint[],
      ${rows.map(({ row }) => row.seq)}::int[], ${rows.map(({ row }) => row.num)}::int[], ${rows.map(({ row }) => row.thread)}::int[],
      ${rows.map(({ row }) => row.notify)}::smallint[], ${rows.map(({ row }) => row.highlight)}::smallint[])
    on conflict (user_id, room_nid, seq) do update set
      num = excluded.num, thread = excluded.thread, notify = excluded.notify, highlight = excluded.highlight`,
};

/** Rare (somebody mutes or unmutes a room), so every row is a statement. Repeating a row changes nothing. */
export const mutedWriter: BatchWriter<MutedRow> = {
  name: 'unread_muted',
  write: (tx, rows) =>
    rows.map(({ row }) =>
      row.muted
        ? tx`
          insert into unread_muted (user_id, room_nid, from_seq)
          select ${row.userId}, ${row.roomNid}, ${row.seq}
          where not exists (select from unread_muted where user_id = ${row.userId} and room_nid = ${row.roomNid} and to_seq is null)
          on conflict do nothing`
        : tx`
          update unread_muted set to_seq = ${row.seq - 1}
          where user_id = ${row.userId} and room_nid = ${row.roomNid} and to_seq is null`,
    ),
};

/** Counting begins with the join and is forgotten with the departure. Also rare. */
export const membershipWriter: BatchWriter<MembershipRow> = {
  name: 'read_marker_membership',
  write: (tx, rows) =>
    rows.flatMap(({ row: { userId, roomNid, seq, joined } }) =>
      joined
        ? [
            // A change of the profile is a join too, and finds its marker.
            tx`
              delete from unread_muted where user_id = ${userId} and room_nid = ${roomNid} and not exists
                (select from read_marker where user_id = ${userId} and room_nid = ${roomNid} and thread = ${ALL_THREADS})`,
            tx`
              insert into read_marker (user_id, room_nid, thread, seq) values (${userId}, ${roomNid}, ${ALL_THREADS}, ${seq})
              on conflict do nothing`,
          ]
        : [
            tx`delete from read_marker where user_id = ${userId} and room_nid = ${roomNid}`,
            tx`delete from unread_exception where user_id = ${userId} and room_nid = ${roomNid}`,
            tx`delete from unread_muted where user_id = ${userId} and room_nid = ${roomNid}`,
          ],
    ),
};

function upsertMarkers(tx: Database, rows: readonly MarkerRow[]) {
  return tx`
    insert into read_marker (user_id, room_nid, thread, seq)
    select user_id, room_nid, thread, max(seq) from unnest(${rows.map((row) => row.userId)}::text[],
      ${rows.map((row) => row.roomNid)}::bigint[], ${rows.map((row) => row.thread)}::int[], ${rows.map((row) => row.seq)}::int[])
      as m(user_id, room_nid, thread, seq)
    group by user_id, room_nid, thread
    on conflict (user_id, room_nid, thread) do update set seq = excluded.seq where read_marker.seq < excluded.seq`;
}

export class PushRulesStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Users without rules of their own are left out. */
  async rulesOf(userIds: readonly UserId[]): Promise<Map<UserId, StoredPushRules>> {
    const rows = await this.#db<{ user_id: UserId; rules: string }[]>`
      select user_id, rules from push_rules where user_id = any(${userIds as UserId[]}::text[])`;
    return new Map(rows.map((row) => [row.user_id, { ...noStoredPushRules(), ...(JSON.parse(row.rules) as StoredPushRules) }]));
  }

  /** Position of the last change; 0 when there never was one. */
  async changedAt(userId: UserId): Promise<number> {
    const [row] = await this.#db<{ pos: number }[]>`select pos from push_rules where user_id = ${userId}`;
    return row?.pos ?? 0;
  }

  /** Users for whom a stretch of this room without default counting is still going on. */
  async mutedIn(roomNid: number): Promise<UserId[]> {
    const rows = await this.#db<{ user_id: UserId }[]>`
      select user_id from unread_muted where room_nid = ${roomNid} and to_seq is null`;
    return rows.map((row) => row.user_id);
  }

  /**
   * What a user has not read in each room, by thread: the running counts between the read marker and the newest event, without muted
   * stretches and redacted events, and with the exceptions. One row at least for every room that has events.
   */
  unread(userId: UserId, roomNids: readonly number[]): Promise<ThreadUnread[]> {
    return this.#db<ThreadUnread[]>`
      with room as (
        select r.nid, h.seq as head, coalesce(m.seq, 0) as read_to
        from unnest(${roomNids as number[]}::bigint[]) as r(nid)
        cross join lateral (
          select seq from event e where e.room_nid = r.nid and e.seq is not null order by e.seq desc limit 1
        ) h
        left join read_marker m on m.user_id = ${userId} and m.room_nid = r.nid and m.thread = ${ALL_THREADS}
      ), thread as (
        select room.nid, room.head, t.thread, greatest(room.read_to, m.seq) as read_to
        from room
        cross join lateral (
          select ${MAIN_THREAD}::int as thread
          union all
          select distinct e.thread from event e where e.room_nid = room.nid and e.thread is not null and e.seq > room.read_to
        ) t
        left join read_marker m on m.user_id = ${userId} and m.room_nid = room.nid and m.thread = t.thread
        where room.head > room.read_to
      ), counted as (
        select thread.nid, thread.thread,
          weft_thread_count(nid, thread, head) - weft_thread_count(nid, thread, read_to)
          - coalesce((
            select sum(weft_thread_count(nid, thread, coalesce(i.to_seq, head)) - weft_thread_count(nid, thread, greatest(i.from_seq - 1, read_to)))
            from unread_muted i
            where i.user_id = ${userId} and i.room_nid = nid and coalesce(i.to_seq, head) > read_to and i.from_seq <= head), 0)
          - (
            select count(*) from redaction d join event e on e.room_nid = d.room_nid and e.num = d.target_num
            where d.room_nid = nid and e.seq > read_to and e.thread is not distinct from nullif(thread.thread, ${MAIN_THREAD})
              and e.ncum > coalesce((
                select p.ncum from event p where p.room_nid = e.room_nid and p.seq < e.seq and p.seq > 0 order by p.seq desc limit 1), 0)
              and not exists (
                select from unread_muted i where i.user_id = ${userId} and i.room_nid = nid
                  and e.seq >= i.from_seq and e.seq <= coalesce(i.to_seq, head)))
          + coalesce(x.notify, 0) as notify,
          coalesce(x.highlight, 0) as highlight
        from thread
        cross join lateral (
          select sum(x.notify) as notify, sum(x.highlight) as highlight
          from unread_exception x
          where x.user_id in (${EVERYBODY}, ${userId}) and x.room_nid = nid and x.thread = thread.thread and x.seq > read_to and x.seq <= head
            and not exists (select from redaction d where d.room_nid = nid and d.target_num = x.num)
            and (x.user_id <> ${EVERYBODY} or not exists (
              select from unread_muted i where i.user_id = ${userId} and i.room_nid = nid
                and x.seq >= i.from_seq and x.seq <= coalesce(i.to_seq, head)))
        ) x
        where head > read_to
      )
      select room.nid as "roomNid", room.head, counted.thread, coalesce(counted.notify, 0)::int as notify,
        coalesce(counted.highlight, 0)::int as highlight
      from room left join counted on counted.nid = room.nid and (counted.notify <> 0 or counted.highlight <> 0)`;
  }
}
