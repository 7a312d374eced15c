import type { ReservedSql, Sql } from 'postgres';
import type { Clock } from '../../platform/clock.ts';
import { failpoint } from '../../platform/failpoints.ts';
import type { Logger } from '../../platform/logger.ts';
import type { HistogramMetric, Metrics } from '../../platform/metrics.ts';
import { type Tracing, tracingOff } from '../../platform/tracing.ts';
import type {
  BatchWriter,
  CommitPort,
  CommitRecord,
  Database,
  LogEntry,
  PendingStatement,
  PositionedRow,
} from '../../plugin-api/commit.ts';
import { BatchQueue, groupsOf, inGroups, type Unit } from './batch-queue.ts';
import { encodeLogItems } from './commit-log.ts';

/** How long a batch of relaxed records alone waits for company. */
const RELAXED_LINGER_MS = 20;
/** While the database is away, batches wait and are tried again; after this their records fail. */
const OUTAGE_MS_MAX = 30_000;
const RETRY_MS = 250;
/** How often a batch is written again that PostgreSQL rolled back for the sake of another transaction. */
const ROLLBACK_RETRIES_MAX = 10;
/** Units that wait for the committer; further ones are refused. */
export const QUEUE_UNITS_MAX = 20_000;

type BatchListener = (entries: readonly LogEntry[], to: number) => void;

/**
 * The one writer of a node. When idle it takes everything that is queued, assigns positions, writes every table with one statement over
 * arrays and commits: one round trip and one fsync for the batch. There is no artificial delay for durable records; batches grow under
 * load only. Positions are gap-free because they are assigned here and nowhere else.
 */
export class Committer implements CommitPort, AsyncDisposable {
  readonly #sql: Sql;
  readonly #lease: { readonly slot: number; readonly epoch: number };
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #tracing: Tracing;
  readonly #queue = new BatchQueue();
  readonly #listeners: BatchListener[] = [];
  readonly #batchSize: HistogramMetric<never>;
  readonly #batchSeconds: HistogramMetric<never>;
  #connection: ReservedSql | null = null;
  /** Published: everything up to here is committed and listeners know it. */
  #position: number;
  /** `to_pos` of the newest row of the log. */
  #persisted: number;
  #running = false;
  #lingering = false;
  #closed = false;
  #idle: (() => void)[] = [];
  #commits = 0;

  constructor(options: {
    sql: Sql;
    lease: { readonly slot: number; readonly epoch: number };
    position: number;
    clock: Clock;
    log: Logger;
    metrics: Metrics;
    tracing?: Tracing;
  }) {
    this.#sql = options.sql;
    this.#lease = options.lease;
    this.#position = options.position;
    this.#persisted = options.position;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#tracing = options.tracing ?? tracingOff;
    const { metrics } = options;
    this.#batchSize = metrics.histogram({
      name: 'commit_batch_records',
      help: 'Records per committed batch.',
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500],
    });
    this.#batchSeconds = metrics.histogram({ name: 'commit_seconds', help: 'Time of one batch from its first statement to the commit.' });
    metrics.observed({ name: 'commit_queue_units', help: 'Units that wait for the committer.', read: () => this.#queue.length });
    metrics.observed({ name: 'commit_position', help: 'Newest published position of the commit log.', read: () => this.#position });
    metrics.observed({ name: 'commits', help: 'Transactions that the committer made.', read: () => this.#commits });
  }

  get position(): number {
    return this.#position;
  }

  /** Transactions so far. */
  get commits(): number {
    return this.#commits;
  }

  onBatch(listener: BatchListener): void {
    this.#listeners.push(listener);
  }

  commit(record: CommitRecord): Promise<number> {
    return this.commitAll([record]);
  }

  commitAll(records: readonly CommitRecord[]): Promise<number> {
    return new Promise((resolve, reject) => {
      const unit: Unit = { records, resolve, reject };
      if (this.#closed) this.#fail(unit, new Error('the server is stopping'));
      else if (this.#queue.length >= QUEUE_UNITS_MAX) this.#fail(unit, new Error('too many commits wait for the database'));
      else {
        this.#queue.push(unit);
        this.#wake();
      }
    });
  }

  /** Resolves when nothing is queued or being written. */
  async flush(): Promise<void> {
    if (!this.#running && this.#queue.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
      this.#lingering = false;
      this.#wake();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.flush();
    this.#connection?.release();
    this.#connection = null;
  }

  #wake(): void {
    if (this.#running) return;
    if (!this.#closed && this.#idle.length === 0 && !this.#queue.hasUrgent()) {
      if (this.#lingering) return;
      this.#lingering = true;
      this.#clock.setTimeout(() => {
        if (!this.#lingering) return;
        this.#lingering = false;
        this.#start();
      }, RELAXED_LINGER_MS);
      return;
    }
    this.#start();
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#lingering = false;
    // Everything that is asked for in the same turn of the event loop shares the batch.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#process(this.#queue.take());
    } finally {
      this.#running = false;
      const idle = this.#idle;
      this.#idle = [];
      for (const resolve of idle) resolve();
    }
  }

  async #process(units: readonly Unit[]): Promise<void> {
    try {
      await this.#write(units);
    } catch (error) {
      const groups = new Set<object>();
      this.#log.error({ err: error, units: units.length }, 'a batch could not be committed');
      await this.#salvage(units, error, groups);
      for (const unit of this.#queue.removeGroups(groups)) this.#fail(unit, error);
    }
  }

  /**
   * One bad record must not take its neighbours along: when the data is at fault, the batch is halved until the guilty units stand alone.
   * Units that build on a failed one (same group) fail with it; those before it are committed before anybody hears of the failure.
   */
  async #salvage(units: readonly Unit[], error: unknown, failedGroups: Set<object>): Promise<void> {
    if (units.length === 1 || !isDataError(error)) {
      for (const unit of units) {
        for (const group of groupsOf([unit])) failedGroups.add(group);
        this.#fail(unit, error);
      }
      return;
    }
    const middle = units.length >> 1;
    for (const half of [units.slice(0, middle), units.slice(middle)]) {
      const sound: Unit[] = [];
      for (const unit of half) {
        if (inGroups(unit, failedGroups)) this.#fail(unit, error);
        else sound.push(unit);
      }
      if (sound.length === 0) continue;
      try {
        await this.#write(sound);
      } catch (own) {
        await this.#salvage(sound, own, failedGroups);
      }
    }
  }

  async #write(units: readonly Unit[]): Promise<void> {
    const records = units.length === 1 && units[0] !== undefined ? units[0].records : units.flatMap((unit) => unit.records);
    const firstPos = this.#position + 1;
    const to = this.#position + records.length;
    if (records.some((record) => record.durability !== 'memory')) {
      const started = this.#clock.monotonic();
      await this.#tracing.span('commit', { records: records.length }, () => this.#transact(records, firstPos, to));
      this.#persisted = to;
      this.#commits++;
      this.#batchSeconds.observe({}, (this.#clock.monotonic() - started) / 1000);
      this.#batchSize.observe({}, records.length);
    }
    this.#publish(units, records, firstPos, to);
  }

  /** One transaction. Survives a lost connection: whether a commit went through is read from the log itself. */
  async #transact(records: readonly CommitRecord[], firstPos: number, to: number): Promise<void> {
    const deadline = this.#clock.monotonic() + OUTAGE_MS_MAX;
    for (let rollbacks = 0; ; ) {
      let sent = false;
      try {
        await failpoint('committer.before-transaction');
        this.#connection ??= await this.#sql.reserve();
        sent = true;
        await this.#attempt(this.#connection, records, firstPos, to);
        return;
      } catch (error) {
        if (isRollback(error) && rollbacks++ < ROLLBACK_RETRIES_MAX) continue;
        if (!isConnectionError(error)) throw error;
        this.#log.warn({ err: error }, 'the database went away during a commit; trying again');
        this.#dropConnection();
        if (sent && (await this.#wasCommitted(to, deadline))) return;
        if (this.#clock.monotonic() > deadline) throw error;
        if (!sent) await this.#clock.sleep(RETRY_MS);
      }
    }
  }

  async #attempt(tx: ReservedSql, records: readonly CommitRecord[], firstPos: number, to: number): Promise<void> {
    const { slot, epoch } = this.#lease;
    const shards = [...new Set(records.flatMap((record) => (record.shard === undefined ? [] : [record.shard])))];
    const durable = records.some((record) => record.durability === 'durable');
    // Pipelined: nothing is awaited before the commit has been sent, so the batch is one round trip.
    const statements: PendingStatement[] = [];
    const send = (statement: PendingStatement): void => void statements.push(statement.execute());
    send(tx`begin`);
    try {
      if (!durable) send(tx`set local synchronous_commit = off`);
      send(tx`select weft_fence(${slot}::smallint, ${epoch}::bigint, ${shards}::smallint[])`);
      for (const [writer, rows] of rowsByWriter(records, firstPos)) {
        const built = writer.write(tx as Database, rows);
        for (const statement of Array.isArray(built) ? (built as readonly PendingStatement[]) : [built as PendingStatement])
          send(statement);
      }
      send(tx`
        insert into commit_log (slot, to_pos, from_pos, ts, items)
        values (${slot}, ${to}, ${this.#persisted}, ${this.#clock.now()}, ${encodeLogItems(records, this.#persisted, firstPos)})`);
      send(tx`commit`);
    } catch (error) {
      // A writer's bug: nothing of the batch may stay open on the connection.
      send(tx`rollback`);
      await Promise.allSettled(statements);
      throw error;
    }
    const outcomes = await Promise.allSettled(statements);
    const failed = outcomes.filter((outcome): outcome is PromiseRejectedResult => outcome.status === 'rejected');
    const first = failed[0];
    if (first !== undefined) {
      // A connection error hides behind others only when it came last.
      throw failed.find((outcome) => isConnectionError(outcome.reason))?.reason ?? first.reason;
    }
    const last = outcomes.at(-1);
    const command = last?.status === 'fulfilled' ? (last.value as { command?: string }).command : undefined;
    if (command !== 'COMMIT') throw new Error(`the batch ended with ${String(command)}`);
    await failpoint('committer.after-commit');
  }

  /**
   * Waits as long as it takes: positions of a batch whose end nobody knows can neither be used again nor be passed over. Only a server
   * that stops gives up.
   */
  async #wasCommitted(to: number, deadline: number): Promise<boolean> {
    for (;;) {
      try {
        return await this.#sql.begin(async (tx) => {
          // Waits for a transaction of ours that may still be ending on the server: it holds this row.
          await tx`select 1 from writer_slot where slot = ${this.#lease.slot} for update`;
          const rows = await tx`select 1 from commit_log where slot = ${this.#lease.slot} and to_pos = ${to}`;
          return rows.length > 0;
        });
      } catch (error) {
        if (this.#closed && this.#clock.monotonic() > deadline) throw error;
        this.#log.warn({ err: error }, 'cannot ask the database yet how a commit ended');
        await this.#clock.sleep(RETRY_MS);
      }
    }
  }

  #dropConnection(): void {
    const connection = this.#connection;
    this.#connection = null;
    try {
      connection?.release();
    } catch {
      // The driver may already have given up this connection.
    }
  }

  #publish(units: readonly Unit[], records: readonly CommitRecord[], firstPos: number, to: number): void {
    this.#position = to;
    const entries: LogEntry[] = records.map((record, index) => ({
      pos: firstPos + index,
      stream: record.stream,
      rooms: record.rooms ?? [],
      users: record.users ?? [],
      data: record.data ?? null,
      live: record.live,
    }));
    records.forEach((record, index) => {
      this.#guard(() => record.onCommitted?.(firstPos + index));
    });
    for (const listener of this.#listeners) this.#guard(() => listener(entries, to));
    let pos = firstPos - 1;
    for (const unit of units) {
      pos += unit.records.length;
      unit.resolve(pos);
    }
  }

  #fail(unit: Unit, error: unknown): void {
    for (const record of unit.records) this.#guard(() => record.onFailed?.(error));
    unit.reject(error);
  }

  /** What is committed is committed: a listener's bug is logged and cannot undo it. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#log.error({ err: error }, 'a commit listener failed');
    }
  }
}

function rowsByWriter(records: readonly CommitRecord[], firstPos: number): Map<BatchWriter<unknown>, PositionedRow<unknown>[]> {
  const byWriter = new Map<BatchWriter<unknown>, PositionedRow<unknown>[]>();
  records.forEach((record, index) => {
    for (const { writer, row } of record.writes) {
      const rows = byWriter.get(writer);
      if (rows === undefined) byWriter.set(writer, [{ pos: firstPos + index, row }]);
      else rows.push({ pos: firstPos + index, row });
    }
  });
  return new Map([...byWriter].sort(([a], [b]) => (a.phase ?? 0) - (b.phase ?? 0)));
}

/** SQLSTATE classes 22 and 23 (data, constraints) are the fault of a record; everything else concerns the whole batch. */
function isDataError(error: unknown): boolean {
  const code = sqlState(error);
  return code !== undefined && (code.startsWith('22') || code.startsWith('23'));
}

/** Class 40: PostgreSQL chose this transaction as the victim of a deadlock or of a serialisation failure; nothing is wrong with it. */
function isRollback(error: unknown): boolean {
  return sqlState(error)?.startsWith('40') === true;
}

/** Connection exceptions (08), shutdown (57P0x), and the driver's own codes for a socket that went away. */
function isConnectionError(error: unknown): boolean {
  const code = sqlState(error);
  if (code === undefined) return false;
  return (
    code.startsWith('08') ||
    code.startsWith('57P') ||
    [
      'CONNECTION_CLOSED',
      'CONNECTION_ENDED',
      'CONNECTION_DESTROYED',
      'CONNECT_TIMEOUT',
      'ECONNRESET',
      'ECONNREFUSED',
      'EPIPE',
      'ENOENT',
    ].includes(code)
  );
}

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
