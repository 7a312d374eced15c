import type { BatchWriter } from '../../plugin-api/commit.ts';

export interface NewRoomRow {
  readonly nid: number;
  readonly roomId: string;
  readonly version: string;
  readonly shard: number;
  readonly createdTs: number;
}

/** The row of a new room; its head follows from `roomHeadWriter` in the same record. */
export const newRoomWriter: BatchWriter<NewRoomRow> = {
  name: 'room_new',
  phase: -1,
  write(tx, positioned) {
    const rows = positioned.map(({ row }) => row);
    return tx`
      insert into room (nid, room_id, version, shard, last_num, last_seq, head_sg, last_sg, last_skn, forward, max_depth, created_ts)
      overriding system value
      select nid, room_id, version, shard, 0, 0, 0, 0, 0, '{}', 0, created_ts
      from unnest(${rows.map((row) => row.nid)}::bigint[], ${rows.map((row) => row.roomId)}::text[], ${rows.map((row) => row.version)}::text[],
        ${rows.map((row) => row.shard)}::smallint[], ${rows.map((row) => row.createdTs)}::bigint[]) as w(nid, room_id, version, shard, created_ts)`;
  },
};

/** The head of a room after a record; only the newest of a batch is written. */
export interface RoomHeadRow {
  readonly roomNid: number;
  readonly lastNum: number;
  readonly lastSeq: number;
  readonly firstSeq: number;
  readonly headSg: number;
  readonly lastSg: number;
  readonly lastSkn: number;
  readonly forward: readonly number[];
  readonly maxDepth: number;
}

export const roomHeadWriter: BatchWriter<RoomHeadRow> = {
  name: 'room',
  write(tx, positioned) {
    const newest = new Map(positioned.map(({ row }) => [row.roomNid, row]));
    const rows = [...newest.values()];
    return tx`
      update room r set last_num = w.last_num, last_seq = w.last_seq, first_seq = w.first_seq, head_sg = w.head_sg, last_sg = w.last_sg,
        last_skn = w.last_skn, forward = w.forward::int[], max_depth = w.max_depth
      from unnest(${rows.map((row) => row.roomNid)}::bigint[], ${rows.map((row) => row.lastNum)}::int[], ${rows.map((row) => row.lastSeq)}::int[],
        ${rows.map((row) => row.firstSeq)}::int[], ${rows.map((row) => row.headSg)}::int[], ${rows.map((row) => row.lastSg)}::int[],
        ${rows.map((row) => row.lastSkn)}::int[], ${rows.map((row) => `{${row.forward.join(',')}}`)}::text[],
        ${rows.map((row) => row.maxDepth)}::bigint[]) as w(nid, last_num, last_seq, first_seq, head_sg, last_sg, last_skn, forward, max_depth)
      where r.nid = w.nid`;
  },
};

/** Current state of one key; `num` null when the key has no value any more. Also gives the key its number in the room. */
export interface RoomStateRow {
  readonly roomNid: number;
  readonly skn: number;
  readonly type: string;
  readonly stateKey: string;
  readonly num: number | null;
}

export const roomStateWriter: BatchWriter<RoomStateRow> = {
  name: 'room_state',
  write(tx, positioned) {
    const newest = new Map(positioned.map(({ row }) => [`${row.roomNid}/${row.skn}`, row]));
    const rows = [...newest.values()];
    return tx`
      insert into room_state (room_nid, skn, type, state_key, num)
      select * from unnest(${rows.map((row) => row.roomNid)}::bigint[], ${rows.map((row) => row.skn)}::int[], ${rows.map((row) => row.type)}::text[],
        ${rows.map((row) => row.stateKey)}::text[], ${rows.map((row) => row.num)}::int[])
      on conflict (room_nid, skn) do update set num = excluded.num`;
  },
};

export interface StateGroupRow {
  readonly roomNid: number;
  readonly sg: number;
  readonly height: number;
  readonly path: readonly number[];
  readonly isFull: boolean;
  /** `[skn, num, …]`; num 0: the key is gone. */
  readonly delta: readonly number[];
}

export const stateGroupWriter: BatchWriter<StateGroupRow> = {
  name: 'state_group',
  write(tx, positioned) {
    const rows = positioned.map(({ row }) => row);
    return tx`
      insert into state_group (room_nid, sg, height, path, is_full, delta)
      select room_nid, sg, height, path::int[], is_full <> 0, delta::int[]
      from unnest(${rows.map((row) => row.roomNid)}::bigint[], ${rows.map((row) => row.sg)}::int[], ${rows.map((row) => row.height)}::int[],
        ${rows.map((row) => `{${row.path.join(',')}}`)}::text[], ${rows.map((row) => (row.isFull ? 1 : 0))}::int[],
        ${rows.map((row) => `{${row.delta.join(',')}}`)}::text[]) as w(room_nid, sg, height, path, is_full, delta)`;
  },
};

export interface MemberRow {
  readonly userNid: number;
  readonly roomNid: number;
  readonly membership: string;
  readonly num: number;
  readonly senderNid: number;
}

/** A new membership event takes back /forget. */
export const memberWriter: BatchWriter<MemberRow> = {
  name: 'member',
  write(tx, positioned) {
    const newest = new Map(positioned.map((entry) => [`${entry.row.userNid}/${entry.row.roomNid}`, entry]));
    const rows = [...newest.values()];
    return tx`
      insert into member (user_nid, room_nid, membership, num, pos, sender_nid)
      select * from unnest(${rows.map(({ row }) => row.userNid)}::bigint[], ${rows.map(({ row }) => row.roomNid)}::bigint[],
        ${rows.map(({ row }) => row.membership)}::text[], ${rows.map(({ row }) => row.num)}::int[], ${rows.map(({ pos }) => pos)}::bigint[],
        ${rows.map(({ row }) => row.senderNid)}::bigint[])
      on conflict (user_nid, room_nid) do update set
        membership = excluded.membership, num = excluded.num, pos = excluded.pos, sender_nid = excluded.sender_nid, forgotten = false`;
  },
};

export interface ForgetRow {
  readonly userNid: number;
  readonly roomNid: number;
}

export const forgetWriter: BatchWriter<ForgetRow> = {
  name: 'member_forget',
  write(tx, rows) {
    return tx`
      update member m set forgotten = true
      from unnest(${rows.map(({ row }) => row.userNid)}::bigint[], ${rows.map(({ row }) => row.roomNid)}::bigint[]) as w(user_nid, room_nid)
      where m.user_nid = w.user_nid and m.room_nid = w.room_nid and m.membership in ('leave', 'ban')`;
  },
};
