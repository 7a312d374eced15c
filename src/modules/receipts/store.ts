import type { EventId, RoomId, UserId } from '../../core/ids/brands.ts';
import type { BatchWriter, Database } from '../../plugin-api/commit.ts';

export type ReceiptType = 'm.read' | 'm.read.private';

export interface Receipt {
  readonly roomId: RoomId;
  readonly userId: UserId;
  readonly type: ReceiptType;
  /** `null`: unthreaded; 'main' or the event id of a thread root. */
  readonly threadId: string | null;
  readonly eventId: EventId;
  /** Order of the event in the room; null when it is not known here. */
  readonly seq: number | null;
  /** ms since 1970 */
  readonly ts: number;
}

export interface PositionedReceipt extends Receipt {
  readonly pos: number;
}

/** `thread_id` of unthreaded receipts. */
const UNTHREADED = '';

/** Receipts do not move backwards, whichever batch comes last. */
export const receiptWriter: BatchWriter<Receipt> = {
  name: 'receipt',
  write: (tx, rows) => {
    const last = new Map(rows.map(({ pos, row }) => [receiptKey(row), { ...row, pos }]));
    const unique = [...last.values()];
    const column = <T>(pick: (row: PositionedReceipt) => T): T[] => unique.map(pick);
    return tx`
      insert into receipt (room_id, user_id, type, thread_id, event_id, seq, ts, pos)
      select * from unnest(${column((row) => row.roomId)}::text[], ${column((row) => row.userId)}::text[],
        ${column((row) => row.type)}::text[], ${column((row) => row.threadId ?? UNTHREADED)}::text[],
        ${column((row) => row.eventId)}::text[], ${column((row) => row.seq)}::int[], ${column((row) => row.ts)}::bigint[],
        ${column((row) => row.pos)}::bigint[])
      on conflict (room_id, user_id, type, thread_id) do update set
        event_id = excluded.event_id, seq = excluded.seq, ts = excluded.ts, pos = excluded.pos
      where receipt.seq is null or excluded.seq is null or excluded.seq > receipt.seq`;
  },
};

/** A user has one receipt of each type per room and thread. */
export function receiptKey(receipt: Pick<Receipt, 'roomId' | 'userId' | 'type' | 'threadId'>): string {
  return `${receipt.roomId} ${receipt.userId} ${receipt.type} ${receipt.threadId ?? UNTHREADED}`;
}

interface StoredRow {
  readonly room_id: RoomId;
  readonly user_id: UserId;
  readonly type: ReceiptType;
  readonly thread_id: string;
  readonly event_id: EventId;
  readonly seq: number | null;
  readonly ts: number;
  readonly pos: number;
}

export class ReceiptsStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async ofRoom(roomId: RoomId): Promise<PositionedReceipt[]> {
    return toReceipts(await this.#db<StoredRow[]>`select * from receipt where room_id = ${roomId}`);
  }

  /** Changes of several rooms after `from` up to and including `to`. */
  async changes(roomIds: readonly RoomId[], { from, to }: { from: number; to: number }): Promise<PositionedReceipt[]> {
    return toReceipts(
      await this.#db<StoredRow[]>`
        select * from receipt where room_id = any(${roomIds as RoomId[]}::text[]) and pos > ${from} and pos <= ${to}`,
    );
  }

  /** The newest receipts of each room, and all of the reader's own. */
  async latest(roomIds: readonly RoomId[], options: { to: number; perRoom: number; reader: UserId }): Promise<PositionedReceipt[]> {
    const { to, perRoom, reader } = options;
    return toReceipts(
      await this.#db<StoredRow[]>`
        select r.* from unnest(${roomIds as RoomId[]}::text[]) as room(id)
        cross join lateral (
          (select * from receipt where room_id = room.id and pos <= ${to} and type = 'm.read' order by pos desc limit ${perRoom})
          union
          (select * from receipt where room_id = room.id and pos <= ${to} and user_id = ${reader})
        ) r`,
    );
  }
}

function toReceipts(rows: readonly StoredRow[]): PositionedReceipt[] {
  return rows.map((row) => ({
    roomId: row.room_id,
    userId: row.user_id,
    type: row.type,
    threadId: row.thread_id === UNTHREADED ? null : row.thread_id,
    eventId: row.event_id,
    seq: row.seq,
    ts: row.ts,
    pos: row.pos,
  }));
}
