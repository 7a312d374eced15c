import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Database } from '../../plugin-api/commit.ts';
import { DELETION_DELAY_MS } from './limits.ts';
import { deleteDelivered } from './store.ts';

interface Delivered {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly upTo: number;
}

/** Deletes what devices have confirmed, many devices with one statement, a moment after the confirmation. */
export class DeliveredMessages {
  readonly #deps: { readonly db: Database; readonly clock: Clock; readonly log: Logger };
  #waiting = new Map<string, Delivered>();
  #timer: Timer | null = null;
  #flushing: Promise<void> = Promise.resolve();

  constructor(deps: { readonly db: Database; readonly clock: Clock; readonly log: Logger }) {
    this.#deps = deps;
  }

  add(delivered: Delivered): void {
    const key = `${delivered.userId} ${delivered.deviceId}`;
    const known = this.#waiting.get(key);
    if (known === undefined || known.upTo < delivered.upTo) this.#waiting.set(key, delivered);
    this.#timer ??= this.#deps.clock.setTimeout(() => void this.flush(), DELETION_DELAY_MS);
  }

  /** Resolves when everything added so far is deleted, or has been put back because the database could not be asked. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#flushing = this.#flushing.then(() => this.#deleteAll());
    return this.#flushing;
  }

  async #deleteAll(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const batch = this.#waiting;
    this.#waiting = new Map();
    try {
      await deleteDelivered(this.#deps.db, [...batch.values()]);
    } catch (error) {
      this.#deps.log.warn({ err: error, devices: batch.size }, 'delivered to-device messages could not be deleted; trying again');
      for (const delivered of batch.values()) this.add(delivered);
    }
  }
}
