import type { Clock } from '../../platform/clock.ts';
import { WAITERS_MAX } from './limits.ts';

/** Downloads of names whose content has not come yet. */
export class AwaitedContents {
  readonly #clock: Clock;
  readonly #waiters = new Map<string, Set<() => void>>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the content has come, after `ms`, when the client is gone, or at once when too many wait already. */
  wait(mediaId: string, ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0 || signal.aborted || this.#count >= WAITERS_MAX) return Promise.resolve();
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(mediaId) ?? new Set();
      const end = (): void => {
        if (!waiters.delete(end)) return;
        this.#count--;
        if (waiters.size === 0 && this.#waiters.get(mediaId) === waiters) this.#waiters.delete(mediaId);
        timer.cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.#clock.setTimeout(end, ms);
      waiters.add(end);
      this.#waiters.set(mediaId, waiters);
      this.#count++;
      signal.addEventListener('abort', end, { once: true });
    });
  }

  came(mediaId: string): void {
    for (const end of [...(this.#waiters.get(mediaId) ?? [])]) end();
  }

  /** Nobody waits any longer: the server stops. */
  endAll(): void {
    for (const mediaId of [...this.#waiters.keys()]) this.came(mediaId);
  }
}
