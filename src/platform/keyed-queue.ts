/** Work that waits for one key beyond this is refused: a stuck key must not eat the memory. */
const KEYED_QUEUE_WAITING_MAX = 10_000;

export class QueueFullError extends Error {
  constructor(key: unknown) {
    super(`too much work waits for ${String(key)}`);
    this.name = 'QueueFullError';
  }
}

/** Runs tasks of the same key one after the other, in order of arrival; tasks of different keys run side by side. */
export class KeyedQueue<K> {
  readonly #tails = new Map<K, { tail: Promise<unknown>; waiting: number }>();
  readonly #waitingMax: number;

  constructor(options: { waitingMax?: number } = {}) {
    this.#waitingMax = options.waitingMax ?? KEYED_QUEUE_WAITING_MAX;
  }

  /** Settles as the task does. Throws QueueFullError when the key's queue is full. */
  async run<T>(key: K, task: () => Promise<T> | T): Promise<T> {
    const lane = this.#tails.get(key) ?? { tail: Promise.resolve(), waiting: 0 };
    if (lane.waiting >= this.#waitingMax) throw new QueueFullError(key);
    this.#tails.set(key, lane);
    lane.waiting++;
    const result = lane.tail.then(() => task());
    // A failed task must not stop those behind it.
    lane.tail = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      if (--lane.waiting === 0) this.#tails.delete(key);
    }
  }

  /** Tasks that run or wait, for one key or for all. */
  size(key?: K): number {
    if (key !== undefined) return this.#tails.get(key)?.waiting ?? 0;
    return [...this.#tails.values()].reduce((sum, lane) => sum + lane.waiting, 0);
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) {
      await Promise.all([...this.#tails.values()].map((lane) => lane.tail));
      // The lanes are removed one turn after their tails settle.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
