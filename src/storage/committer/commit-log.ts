import type { Sql } from 'postgres';
import type { RoomId, UserId } from '../../core/ids/brands.ts';
import type { JsonValue } from '../../core/json/json-value.ts';
import type { CommitRecord, LogEntry } from '../../plugin-api/commit.ts';

/** Positions that a start skips: more than a crash can have handed out after the last commit that reached the disk. */
export const BOOT_POSITION_GAP = 1_000_000;

/** `[offset from from_pos, stream, data, rooms, users]`; trailing empty fields are left out. */
type LogItem = [number, string, JsonValue?, string[]?, string[]?];

/**
 * Text of `commit_log.items` for one batch. Memory-only records leave no trace: nobody can need them after a restart. Event records
 * name their room through `data`, so their keys are not repeated.
 */
export function encodeLogItems(records: readonly CommitRecord[], from: number, firstPos: number): string {
  const items: LogItem[] = [];
  records.forEach((record, index) => {
    if (record.durability === 'memory') return;
    const item: LogItem = [firstPos + index - from, record.stream];
    if (record.stream === 'event') {
      item.push(record.data ?? null);
    } else if (record.data !== undefined || record.rooms !== undefined || record.users !== undefined) {
      item.push(record.data ?? null);
      if (record.rooms !== undefined || record.users !== undefined) item.push([...(record.rooms ?? [])]);
      if (record.users !== undefined) item.push([...record.users]);
    }
    items.push(item);
  });
  return JSON.stringify(items);
}

/** Entries of the log after `pos`, oldest first, at most `batches` batches: for consumers that come back after a restart. */
export async function readLog(
  sql: Sql,
  options: { slot: number; after: number; batches: number },
): Promise<{ entries: LogEntry[]; to: number }> {
  const rows = await sql<{ to_pos: number; from_pos: number; items: string }[]>`
    select to_pos, from_pos, items from commit_log
    where slot = ${options.slot} and to_pos > ${options.after} order by to_pos limit ${options.batches}`;
  const entries: LogEntry[] = [];
  for (const row of rows) {
    for (const [offset, stream, data, rooms, users] of JSON.parse(row.items) as LogItem[]) {
      const pos = row.from_pos + offset;
      if (pos <= options.after) continue;
      entries.push({
        pos,
        stream,
        data: data ?? null,
        rooms: (rooms ?? []) as RoomId[],
        users: (users ?? []) as UserId[],
        live: undefined,
      });
    }
  }
  return { entries, to: rows.at(-1)?.to_pos ?? options.after };
}

/**
 * Opens the log for a new owner of the slot: finds its end and moves the position past everything that an earlier run may
 * have promised to clients without the disk knowing (relaxed and memory-only records).
 */
export async function openLog(sql: Sql, options: { slot: number; now: number }): Promise<number> {
  const [row] = await sql<{ last: number | null }[]>`select max(to_pos) as last from commit_log where slot = ${options.slot}`;
  const last = row?.last ?? 0;
  const next = last === 0 ? 1 : last + BOOT_POSITION_GAP;
  await sql`
    insert into commit_log (slot, to_pos, from_pos, ts, items) values (${options.slot}, ${next}, ${last}, ${options.now}, '[]')`;
  return next;
}

/** Log rows older than this are dropped; consumers that lag more start over from the tables. */
export const LOG_RETENTION_MS = 7 * 24 * 3_600_000;

/** Deletes old batches that no cursor needs any more, keeping the newest row, which holds the position. */
export async function trimLog(sql: Sql, options: { slot: number; now: number }): Promise<number> {
  const rows = await sql`
    delete from commit_log where slot = ${options.slot} and ts < ${options.now - LOG_RETENTION_MS}
      and to_pos < (select max(to_pos) from commit_log where slot = ${options.slot})
      and to_pos < coalesce((select min(pos) from cursor where slot = ${options.slot}), 9007199254740991)
    returning 1`;
  return rows.length;
}
