import { type BatchWriter, type Database, type PositionedRow } from '../../plugin-api/commit.ts';

/** A row of `event`, with names already replaced by their numbers. `pos` comes from the record. */
export interface EventRow {
  readonly roomNid: number;
  readonly num: number;
  readonly seq: number | null;
  readonly depth: number;
  readonly ts: number;
  readonly typeNid: number;
  readonly skn: number | null;
  readonly senderNid: number;
  readonly sg: number | null;
  readonly headSg: number | null;
  readonly replaces: number | null;
  readonly thread: number | null;
  readonly flags: number;
  readonly ncum: number;
  readonly tcum: number;
  readonly prev: readonly number[];
  readonly auth: readonly number[];
  readonly eventId: string;
  readonly json: string;
}

const intArray = (numbers: readonly number[]): string => `{${numbers.join(',')}}`;

/** An event that was known as a stub or an outlier is filled in by its second arrival; everything else is stored once. */
export const eventWriter: BatchWriter<EventRow> = {
  name: 'event',
  write(tx: Database, rows: readonly PositionedRow<EventRow>[]) {
    const column = <T>(pick: (row: EventRow) => T): T[] => rows.map(({ row }) => pick(row));
    return tx`
      insert into event (room_nid, num, seq, pos, depth, ts, type_nid, skn, sender_nid, sg, head_sg, replaces, thread, flags, ncum, tcum,
        prev, auth, event_id, json)
      select room_nid, num, seq, pos, depth, ts, type_nid, skn, sender_nid, sg, head_sg, replaces, thread, flags, ncum, tcum,
        prev::int[], auth::int[], event_id, json
      from unnest(
        ${column((row) => row.roomNid)}::bigint[], ${column((row) => row.num)}::int[], ${column((row) => row.seq)}::int[],
        ${rows.map(({ pos }) => pos)}::bigint[], ${column((row) => row.depth)}::bigint[], ${column((row) => row.ts)}::bigint[],
        ${column((row) => row.typeNid)}::int[], ${column((row) => row.skn)}::int[], ${column((row) => row.senderNid)}::bigint[],
        ${column((row) => row.sg)}::int[], ${column((row) => row.headSg)}::int[], ${column((row) => row.replaces)}::int[],
        ${column((row) => row.thread)}::int[], ${column((row) => row.flags)}::smallint[], ${column((row) => row.ncum)}::int[],
        ${column((row) => row.tcum)}::int[], ${column((row) => intArray(row.prev))}::text[], ${column((row) => intArray(row.auth))}::text[],
        ${column((row) => row.eventId)}::text[], ${column((row) => row.json)}::text[]
      ) as t(room_nid, num, seq, pos, depth, ts, type_nid, skn, sender_nid, sg, head_sg, replaces, thread, flags, ncum, tcum, prev, auth, event_id, json)
      on conflict (room_nid, num) do update set
        seq = excluded.seq, pos = excluded.pos, depth = excluded.depth, ts = excluded.ts, type_nid = excluded.type_nid, skn = excluded.skn,
        sender_nid = excluded.sender_nid, sg = excluded.sg, head_sg = excluded.head_sg, replaces = excluded.replaces, thread = excluded.thread,
        flags = excluded.flags, ncum = excluded.ncum, tcum = excluded.tcum, prev = excluded.prev, auth = excluded.auth, json = excluded.json`;
  },
};

export interface VerdictRow {
  readonly roomNid: number;
  readonly num: number;
  readonly verdict: 'rejected' | 'soft_failed' | 'redacted';
  readonly rule: string;
  readonly reason: string;
}

export const verdictWriter: BatchWriter<VerdictRow> = {
  name: 'event_verdict',
  write(tx, rows) {
    return tx`
      insert into event_verdict (room_nid, num, verdict, rule, reason)
      select * from unnest(${rows.map(({ row }) => row.roomNid)}::bigint[], ${rows.map(({ row }) => row.num)}::int[],
        ${rows.map(({ row }) => row.verdict)}::text[], ${rows.map(({ row }) => row.rule)}::text[], ${rows.map(({ row }) => row.reason)}::text[])
      on conflict (room_nid, num) do update set verdict = excluded.verdict, rule = excluded.rule, reason = excluded.reason`;
  },
};

export interface RedactionRow {
  readonly roomNid: number;
  readonly targetNum: number;
  readonly byNum: number;
  /** Canonical text of the redacted form. */
  readonly json: string;
  readonly flags: number;
  readonly ts: number;
}

/** Rewrites the target and keeps its original text aside. A second redaction of the same event changes nothing. */
export const redactionWriter: BatchWriter<RedactionRow> = {
  name: 'redaction',
  // The target may be in the same batch.
  phase: 1,
  write(tx, rows) {
    return tx`
      with wanted as (
        select * from unnest(${rows.map(({ row }) => row.roomNid)}::bigint[], ${rows.map(({ row }) => row.targetNum)}::int[],
          ${rows.map(({ row }) => row.byNum)}::int[], ${rows.map(({ row }) => row.json)}::text[], ${rows.map(({ row }) => row.flags)}::smallint[],
          ${rows.map(({ row }) => row.ts)}::bigint[]) as w(room_nid, target_num, by_num, json, flags, ts)
      ), kept as (
        insert into redaction (room_nid, target_num, by_num, original, redacted_ts)
        select w.room_nid, w.target_num, w.by_num, e.json, w.ts from wanted w join event e on e.room_nid = w.room_nid and e.num = w.target_num
        on conflict do nothing returning room_nid, target_num
      )
      update event e set json = w.json, flags = w.flags from wanted w join kept k on k.room_nid = w.room_nid and k.target_num = w.target_num
      where e.room_nid = w.room_nid and e.num = w.target_num`;
  },
};

export interface PendingRedactionRow {
  readonly roomNid: number;
  readonly targetEventId: string;
  readonly byNum: number;
}

/** Redactions whose target is not here yet. */
export const pendingRedactionWriter: BatchWriter<PendingRedactionRow> = {
  name: 'pending_redaction',
  write(tx, rows) {
    return tx`
      insert into pending_redaction (room_nid, target_event_id, by_num)
      select * from unnest(${rows.map(({ row }) => row.roomNid)}::bigint[], ${rows.map(({ row }) => row.targetEventId)}::text[],
        ${rows.map(({ row }) => row.byNum)}::int[])
      on conflict do nothing`;
  },
};

export interface TxnRow {
  readonly userNid: number;
  readonly scope: string;
  readonly roomNid: number;
  readonly txnId: string;
  readonly num: number;
  readonly ts: number;
}

/** A transaction id that is there already is a bug of the caller: the unique violation fails the unit, and nothing is stored twice. */
export const txnWriter: BatchWriter<TxnRow> = {
  name: 'txn_id',
  write(tx, rows) {
    return tx`
      insert into txn_id (user_nid, scope, room_nid, txn_id, num, ts)
      select * from unnest(${rows.map(({ row }) => row.userNid)}::bigint[], ${rows.map(({ row }) => row.scope)}::text[],
        ${rows.map(({ row }) => row.roomNid)}::bigint[], ${rows.map(({ row }) => row.txnId)}::text[], ${rows.map(({ row }) => row.num)}::int[],
        ${rows.map(({ row }) => row.ts)}::bigint[])`;
  },
};
