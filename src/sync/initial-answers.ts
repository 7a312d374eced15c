import { LRUCache } from 'lru-cache';
import type { Clock } from '../platform/clock.ts';

/** Characters of finished answers that nobody received yet. */
const UNRECEIVED_CHARS_MAX = 64_000_000;
/** How long a client has to come back for an answer it did not wait for, ms. */
const UNRECEIVED_MS_MAX = 120_000;

/**
 * Initial syncs of large accounts take longer than some clients and proxies wait; they then ask again. Identical requests share one
 * piece of work, and an answer that was finished when everybody had gone is kept for the next attempt.
 */
export class InitialAnswers {
  readonly #running = new Map<string, { readonly answer: Promise<string>; waiting: number }>();
  readonly #unreceived = new LRUCache<string, { readonly text: string; readonly at: number }>({
    maxSize: UNRECEIVED_CHARS_MAX,
    sizeCalculation: ({ text }, key) => text.length + key.length,
  });
  readonly #clock: Pick<Clock, 'monotonic'>;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** The answer of `build`, which runs once for all requests that use this key at the same time. */
  async share(key: string, signal: AbortSignal, build: () => Promise<string>): Promise<string> {
    const kept = this.#unreceived.get(key);
    this.#unreceived.delete(key);
    if (kept !== undefined && this.#clock.monotonic() - kept.at <= UNRECEIVED_MS_MAX) return kept.text;
    const work = this.#running.get(key) ?? this.#start(key, build);
    work.waiting++;
    const leave = (): void => {
      work.waiting--;
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    try {
      return await work.answer;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #start(key: string, build: () => Promise<string>): { readonly answer: Promise<string>; waiting: number } {
    const run = async (): Promise<string> => {
      try {
        const text = await build();
        if (work.waiting === 0) this.#unreceived.set(key, { text, at: this.#clock.monotonic() });
        return text;
      } finally {
        this.#running.delete(key);
      }
    };
    const work = { answer: Promise.resolve().then(run), waiting: 0 };
    this.#running.set(key, work);
    return work;
  }
}
