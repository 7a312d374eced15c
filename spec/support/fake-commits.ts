import type { BatchWriter, CommitPort, CommitRecord, Database, LogEntry } from '../../src/plugin-api/commit.ts';

/**
 * A commit port for module suites: it really runs the writers, many records in one transaction, in position order, with the
 * guarantees that the contract names. It keeps no log and no lease.
 */
export class FakeCommits implements CommitPort {
  readonly #db: Database;
  readonly #listeners: ((entries: readonly LogEntry[], to: number) => void)[] = [];
  /** Everything that was committed, in order. */
  readonly entries: LogEntry[] = [];
  /** Transactions so far. */
  batches = 0;
  #position: number;
  #waiting: { record: CommitRecord; resolve: (pos: number) => void; reject: (error: unknown) => void }[] = [];
  #running: Promise<void> | null = null;

  constructor(db: Database, startPosition: number) {
    this.#db = db;
    this.#position = startPosition;
  }

  get position(): number {
    return this.#position;
  }

  onBatch(listener: (entries: readonly LogEntry[], to: number) => void): void {
    this.#listeners.push(listener);
  }

  commit(record: CommitRecord): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** The records meet in one batch because they are queued without a pause. */
  async commitAll(records: readonly CommitRecord[]): Promise<number> {
    const positions = await Promise.all(records.map((record) => this.commit(record)));
    return positions.at(-1) ?? this.#position;
  }

  /** Resolves when nothing waits to be committed. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const from = this.#position;
      const rows = new Map<BatchWriter<unknown>, { pos: number; row: unknown }[]>();
      for (const [index, { record }] of batch.entries()) {
        for (const { writer, row } of record.writes) {
          const list = rows.get(writer) ?? [];
          list.push({ pos: from + index + 1, row });
          rows.set(writer, list);
        }
      }
      try {
        if (rows.size > 0) {
          // All statements are made before the first is awaited, as the committer does: a writer must not wait for another's rows.
          await this.#db.begin((tx) => Promise.all([...rows].flatMap(([writer, list]) => writer.write(tx as unknown as Database, list))));
        }
      } catch (error) {
        for (const { record, reject } of batch) {
          record.onFailed?.(error);
          reject(error);
        }
        continue;
      }
      this.batches++;
      this.#position = from + batch.length;
      const entries = batch.map(({ record }, index) => ({
        pos: from + index + 1,
        stream: record.stream,
        rooms: record.rooms ?? [],
        users: record.users ?? [],
        data: record.data ?? null,
        live: record.live ?? null,
      }));
      this.entries.push(...entries);
      for (const [index, { record }] of batch.entries()) record.onCommitted?.(from + index + 1);
      for (const listener of this.#listeners) listener(entries, this.#position);
      for (const [index, { resolve }] of batch.entries()) resolve(from + index + 1);
    }
    this.#running = null;
  }
}
