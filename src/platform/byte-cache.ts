import { LRUCache } from 'lru-cache';

/**
 * A least-recently-used cache with a budget in bytes. `fetch` loads a missing key once however many ask for it at the
 * same time. `delete` also disowns a load that is under way, so that a value read before a change is never kept after it.
 */
export class ByteCache<K extends string | number, V extends object | string | number | boolean> {
  readonly name: string;
  readonly #cache: LRUCache<K, V>;
  readonly #loading = new Map<K, Promise<V | null>>();
  #hits = 0;
  #misses = 0;

  constructor(options: {
    /** For metrics and logs. */
    name: string;
    bytesMax: number;
    /** Estimated bytes of one entry, its key included; at least 1. */
    sizeOf: (value: V, key: K) => number;
    ttlMs?: number;
  }) {
    this.name = options.name;
    this.#cache = new LRUCache<K, V>({
      maxSize: options.bytesMax,
      sizeCalculation: (value, key) => Math.max(1, Math.ceil(options.sizeOf(value, key))),
      ...(options.ttlMs === undefined ? {} : { ttl: options.ttlMs }),
    });
  }

  get(key: K): V | undefined {
    const value = this.#cache.get(key);
    if (value === undefined) this.#misses++;
    else this.#hits++;
    return value;
  }

  /** An entry that alone exceeds the budget is not kept. */
  set(key: K, value: V): void {
    this.#loading.delete(key);
    this.#cache.set(key, value);
  }

  delete(key: K): void {
    this.#loading.delete(key);
    this.#cache.delete(key);
  }

  clear(): void {
    this.#loading.clear();
    this.#cache.clear();
  }

  /** The cached value, or what `load` finds; null (not found) and failures are not kept. */
  fetch(key: K, load: (key: K) => Promise<V | null>): Promise<V | null> {
    const cached = this.get(key);
    if (cached !== undefined) return Promise.resolve(cached);
    const underWay = this.#loading.get(key);
    if (underWay !== undefined) return underWay;
    const loading = this.#load(key, load);
    this.#loading.set(key, loading);
    // Forgets a finished load, whatever came of it, unless a newer one took its place.
    const forget = (): void => {
      if (this.#loading.get(key) === loading) this.#loading.delete(key);
    };
    loading.then(
      (value) => {
        const owned = this.#loading.get(key) === loading;
        forget();
        if (owned && value !== null) this.#cache.set(key, value);
      },
      () => forget(),
    );
    return loading;
  }

  /** Like `fetch` for many keys: what is missing is loaded by one call of `loadMany`. Keys that are not found are absent. */
  async fetchMany(keys: Iterable<K>, loadMany: (missing: K[]) => Promise<ReadonlyMap<K, V>>): Promise<Map<K, V>> {
    const found = new Map<K, V>();
    const joined: { key: K; loading: Promise<V | null> }[] = [];
    const missing: K[] = [];
    for (const key of new Set(keys)) {
      const cached = this.get(key);
      const underWay = cached === undefined ? this.#loading.get(key) : undefined;
      if (cached !== undefined) found.set(key, cached);
      else if (underWay !== undefined) joined.push({ key, loading: underWay });
      else missing.push(key);
    }
    if (missing.length > 0) {
      const batch = loadMany(missing);
      for (const key of missing) joined.push({ key, loading: this.fetch(key, async () => (await batch).get(key) ?? null) });
    }
    await Promise.all(
      joined.map(async ({ key, loading }) => {
        const value = await loading;
        if (value !== null) found.set(key, value);
      }),
    );
    return found;
  }

  get stats(): { entries: number; bytes: number; hits: number; misses: number } {
    return { entries: this.#cache.size, bytes: this.#cache.calculatedSize, hits: this.#hits, misses: this.#misses };
  }

  async #load(key: K, load: (key: K) => Promise<V | null>): Promise<V | null> {
    return load(key);
  }
}
