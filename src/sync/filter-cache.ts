import { LRUCache } from 'lru-cache';
import type { SyncFilter } from '../core/filters/filter-types.ts';
import type { UserId } from '../core/ids/brands.ts';
import { type CompiledFilter, compileFilter } from './compiled-filter.ts';

/** Characters of filter keys (inline filters are their own keys) that the cache holds; the compiled form is of the same order. */
const KEY_CHARS_MAX = 4_000_000;
/** What an entry costs beside its key. */
const ENTRY_CHARS = 500;

/** Compiled filters. Stored filters never change, so an entry is never out of date. */
export class FilterCache {
  readonly #cache = new LRUCache<string, CompiledFilter>({
    maxSize: KEY_CHARS_MAX,
    sizeCalculation: (_filter, key) => key.length + ENTRY_CHARS,
  });
  readonly #load: (userId: UserId, filterId: string) => Promise<SyncFilter | null>;

  constructor(load: (userId: UserId, filterId: string) => Promise<SyncFilter | null>) {
    this.#load = load;
  }

  /** A filter that stands in the request as JSON text. */
  inline(text: string, parse: (text: string) => SyncFilter): CompiledFilter {
    return this.#cache.get(text) ?? this.#keep(text, parse(text));
  }

  async stored(userId: UserId, filterId: string): Promise<CompiledFilter | null> {
    const key = `${userId} ${filterId}`;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const source = await this.#load(userId, filterId);
    return source === null ? null : this.#keep(key, source);
  }

  #keep(key: string, source: SyncFilter): CompiledFilter {
    const filter = compileFilter(key, source);
    this.#cache.set(key, filter);
    return filter;
  }
}
