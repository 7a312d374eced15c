import type { Clock, Timer } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Database } from '../plugin-api/commit.ts';
import { trimLog } from '../storage/committer/commit-log.ts';
import { trimRooms } from '../storage/rooms/trim-rooms.ts';

const INTERVAL_MS = 3_600_000;

/** Hourly clean-up of what has a retention time: the commit log, transaction ids, originals of redacted events. */
export class Maintenance implements AsyncDisposable {
  readonly #deps: { db: Database; slot: number; clock: Clock; log: Logger };
  #timer: Timer;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: { db: Database; slot: number; clock: Clock; log: Logger }) {
    this.#deps = deps;
    this.#timer = this.#later();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer.cancel();
    await this.#running;
  }

  /** One round; answers how many rows went. */
  async run(): Promise<number> {
    const { db, slot, clock } = this.#deps;
    const now = clock.now();
    return (await trimLog(db, { slot, now })) + (await trimRooms(db, now));
  }

  #later(): Timer {
    return this.#deps.clock.setTimeout(() => {
      this.#running = this.run()
        .then((rows) => this.#deps.log.debug({ rows }, 'clean-up'))
        .catch((error: unknown) => this.#deps.log.warn({ err: error }, 'the hourly clean-up failed; the next one will do it'))
        .finally(() => {
          this.#timer = this.#later();
        });
    }, INTERVAL_MS);
  }
}
