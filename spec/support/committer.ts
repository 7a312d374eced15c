import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { type BatchWriter, type CommitRecord, type Durability, type LogEntry, write } from '../../src/plugin-api/commit.ts';
import { openLog } from '../../src/storage/committer/commit-log.ts';
import { Committer } from '../../src/storage/committer/committer.ts';
import { type DatabaseHandles, openDatabase } from '../../src/storage/database.ts';
import { WriterLease } from '../../src/storage/leases/writer-lease.ts';
import type { TestDatabase } from './database.ts';

/** Rows of `item`, the table of the committer's suites. A number can be stored once, and not below zero. */
const itemWriter: BatchWriter<number> = {
  name: 'item',
  write: (tx, rows) => tx`
    insert into item (n, pos) select * from unnest(${rows.map(({ row }) => row)}::int[], ${rows.map(({ pos }) => pos)}::bigint[])`,
};

export async function makeItemTable(database: TestDatabase): Promise<void> {
  await database.sql`create table item (n int primary key check (n >= 0), pos bigint not null, xid bigint default txid_current())`;
}

export interface TestCommitter extends AsyncDisposable {
  readonly db: DatabaseHandles;
  readonly lease: WriterLease;
  readonly commits: Committer;
  /** Everything that listeners heard, in order. */
  readonly heard: LogEntry[];
  /** Length of each batch that listeners heard. */
  readonly batches: number[];
  /** Commits the row `n`. */
  put(n: number, options?: Partial<CommitRecord>): Promise<number>;
}

/** A committer as a starting node makes it. */
export async function openCommitter(database: TestDatabase, options: { node?: string; clock?: Clock } = {}): Promise<TestCommitter> {
  const clock = options.clock ?? systemClock;
  const log = silentLogger;
  const db = openDatabase(database.options);
  const lease = await WriterLease.acquire({ sql: db.read, slot: 0, node: options.node ?? 'test', clock, log });
  const position = await openLog(db.read, { slot: 0, now: clock.now() });
  const commits = new Committer({ sql: db.commit, lease, position, clock, log, metrics: createMetrics() });
  const heard: LogEntry[] = [];
  const batches: number[] = [];
  commits.onBatch((entries) => {
    heard.push(...entries);
    batches.push(entries.length);
  });
  return {
    db,
    lease,
    commits,
    heard,
    batches,
    put: (n, more = {}) => commits.commit(record(n, more)),
    async [Symbol.asyncDispose]() {
      await commits[Symbol.asyncDispose]();
      await lease[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}

export function record(n: number, more: Partial<CommitRecord> = {}): CommitRecord {
  return { stream: 'item', durability: 'durable' satisfies Durability, writes: [write(itemWriter, n)], data: n, ...more };
}
