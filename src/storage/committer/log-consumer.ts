import type { Sql } from 'postgres';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { CommitPort, LogEntry } from '../../plugin-api/commit.ts';
import { readLog } from './commit-log.ts';

/** Batches of the log that are read at a time while catching up. */
const BATCHES_PER_READ = 100;
/** Between two savings of the cursor, ms: what a crash makes the consumer see again. */
const SAVE_MS = 1_000;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 60_000;

/**
 * One consumer of the commit log with its own cursor: sees every durable and relaxed entry at least once, in order, across restarts. A
 * consumer that fails is tried again with growing pauses and never slows a commit; it catches up from the log.
 */
export class LogConsumer implements AsyncDisposable {
  readonly #options: LogConsumerOptions;
  #pos: number;
  #saved: number;
  #wanted: number;
  #running: Promise<void> | null = null;
  #stopped = false;
  #failures = 0;

  private constructor(options: LogConsumerOptions, pos: number) {
    this.#options = options;
    this.#pos = pos;
    this.#saved = pos;
    this.#wanted = options.commits.position;
  }

  /** Resumes at the stored cursor; a consumer that is new begins with what comes next. */
  static async open(options: LogConsumerOptions): Promise<LogConsumer> {
    const { sql, name, slot, commits } = options;
    const [row] = await sql<{ pos: number }[]>`
      insert into cursor (name, slot, pos) values (${name}, ${slot}, ${commits.position})
      on conflict (name) do update set slot = cursor.slot returning pos`;
    const consumer = new LogConsumer(options, row?.pos ?? commits.position);
    commits.onBatch((_entries, to) => consumer.#wake(to));
    consumer.#wake(commits.position);
    return consumer;
  }

  /** Everything up to here has been handled. */
  get position(): number {
    return this.#pos;
  }

  /** Resolves when the consumer has seen everything that is committed now, or stands still because it fails. */
  async flush(): Promise<void> {
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.#save();
  }

  #wake(to: number): void {
    this.#wanted = Math.max(this.#wanted, to);
    if (this.#running !== null || this.#stopped || this.#pos >= this.#wanted) return;
    this.#running = this.#catchUp().finally(() => {
      this.#running = null;
    });
  }

  async #catchUp(): Promise<void> {
    const { sql, slot, name, handle, clock, log } = this.#options;
    let savedAt = clock.monotonic();
    while (this.#pos < this.#wanted && !this.#stopped) {
      try {
        const { entries, to } = await readLog(sql, { slot, after: this.#pos, batches: BATCHES_PER_READ });
        // Positions that only memory records used have no row; the next row covers them.
        if (to === this.#pos) return;
        if (entries.length > 0) await handle(entries);
        this.#pos = to;
        this.#failures = 0;
      } catch (error) {
        const pause = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#failures++);
        log.warn({ err: error, consumer: name, pause }, 'a consumer of the log failed; it is tried again');
        clock.setTimeout(() => this.#wake(this.#wanted), pause);
        return;
      }
      if (clock.monotonic() - savedAt < SAVE_MS) continue;
      await this.#save();
      savedAt = clock.monotonic();
    }
    await this.#save();
  }

  async #save(): Promise<void> {
    if (this.#saved === this.#pos) return;
    const { sql, name, log } = this.#options;
    const pos = this.#pos;
    try {
      await sql`update cursor set pos = ${pos} where name = ${name} and pos < ${pos}`;
      this.#saved = pos;
    } catch (error) {
      log.warn({ err: error, consumer: name }, 'a cursor could not be saved; after a crash its consumer sees entries again');
    }
  }
}

export interface LogConsumerOptions {
  readonly sql: Sql;
  readonly commits: CommitPort;
  readonly slot: number;
  /** Unique; it finds the cursor again after a restart. */
  readonly name: string;
  /** Must be idempotent: entries may come again after a crash. A rejection stops the cursor. */
  readonly handle: (entries: readonly LogEntry[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}
