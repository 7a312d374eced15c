import type { PendingQuery, Row, Sql, TransactionSql } from 'postgres';
import type { RoomId, UserId } from '../core/ids/brands.ts';
import type { JsonValue } from '../core/json/json-value.ts';

/** Read access and short own transactions. Only `storage/` and a module's `store.ts` use it. */
export type Database = Sql;
/** Proof of being inside a transaction. */
export type Transaction = TransactionSql;

/** A statement that has been built and not been awaited: what `` tx`…` `` returns. */
export type PendingStatement = PendingQuery<Row[]>;

/**
 * Writes many rows of one table with one statement. Registered once per table; the committer calls it once per batch
 * with the rows of every record in that batch, in position order. It RETURNS its statements without awaiting them (so: not an
 * `async` function), because the whole batch is pipelined as one round trip. Use arrays (`unnest`); never read first.
 */
export interface BatchWriter<Row> {
  readonly name: string;
  /** Writers of a lower phase run first inside the batch; default 0. Only for rows that others of the same batch rely on. */
  readonly phase?: number;
  write(tx: Database, rows: readonly PositionedRow<Row>[]): PendingStatement | readonly PendingStatement[];
}

export interface PositionedRow<Row> {
  readonly pos: number;
  readonly row: Row;
}

/** One row for one writer; made with `write(writer, row)`. */
export interface Write {
  readonly writer: BatchWriter<unknown>;
  readonly row: unknown;
}

export function write<Row>(writer: BatchWriter<Row>, row: Row): Write {
  return { writer: writer as BatchWriter<unknown>, row };
}

/**
 * - `durable`: on disk (fsync) before the promise resolves.
 * - `relaxed`: committed without waiting for the disk; a crash of the machine may lose the last second (receipts, last-seen).
 * - `memory`: takes a position and wakes listeners, writes nothing (typing, presence).
 */
export type Durability = 'durable' | 'relaxed' | 'memory';

/** One step of the commit log: all its writes happen, at one position, or none. */
export interface CommitRecord {
  /** Name of the stream: `event`, `receipt`, `account_data`, `to_device`, `device_list`, … */
  readonly stream: string;
  readonly durability: Durability;
  readonly writes: readonly Write[];
  /** Rooms whose members must look. */
  readonly rooms?: readonly RoomId[];
  /** Users who must look (all their devices). */
  readonly users?: readonly UserId[];
  /** A few bytes for consumers of the log (federation, pushers, search) that come later; JSON. */
  readonly data?: JsonValue;
  /** Live object for listeners in this process; never stored. */
  readonly live?: unknown;
  /**
   * Records that build on one another (one room's actor): when one of them fails, every later one of the same group fails too.
   */
  readonly group?: object;
  /** Estimated bytes of the rows, for the batch limit; default 200. */
  readonly bytes?: number;
  /** Shard whose lease must be held when this is written; absent for records that belong to no shard. */
  readonly shard?: number;
  /** Called synchronously, in position order, right after the commit and before listeners and waiters. */
  readonly onCommitted?: (pos: number) => void;
  /** Called when the batch could not be committed. */
  readonly onFailed?: (error: unknown) => void;
}

/** A committed record as listeners and cursors see it. */
export interface LogEntry {
  readonly pos: number;
  readonly stream: string;
  readonly rooms: readonly RoomId[];
  readonly users: readonly UserId[];
  readonly data: JsonValue;
  readonly live: unknown;
}

export interface CommitPort {
  /** Resolves with the position once the record is as durable as it asked for. Rejects when the batch failed: nothing of it is stored. */
  commit(record: CommitRecord): Promise<number>;
  /** Several records that stand or fall together: one batch, one transaction. Resolves with the position of the last one. */
  commitAll(records: readonly CommitRecord[]): Promise<number>;
  /** Highest position that is committed and published. */
  readonly position: number;
  /**
   * Called after each batch, in order, before waiting syncs wake. Must be fast and must not throw.
   */
  onBatch(listener: (entries: readonly LogEntry[], to: number) => void): void;
}
