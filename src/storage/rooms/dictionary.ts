import type { Sql } from 'postgres';
import { LRUCache } from 'lru-cache';

/** Names kept in memory per dictionary. */
const NAMES_MAX = 200_000;

/** A table that gives every name a small number once: `user_nid`, `event_type`. */
export class Dictionary {
  readonly #sql: Sql;
  readonly #table: 'user_nid' | 'event_type';
  readonly #cache = new LRUCache<string, number>({ max: NAMES_MAX });
  readonly #loading = new Map<string, Promise<void>>();

  constructor(sql: Sql, table: 'user_nid' | 'event_type') {
    this.#sql = sql;
    this.#table = table;
  }

  /** The number if it is in memory. */
  peek(name: string): number | undefined {
    return this.#cache.get(name);
  }

  /** Numbers of names, made where they are missing. No SQL when all are warm. */
  async intern(names: Iterable<string>): Promise<void> {
    const missing = [...new Set(names)].filter((name) => !this.#cache.has(name));
    if (missing.length === 0) return;
    const waiting = missing.map((name) => this.#loading.get(name)).filter((promise) => promise !== undefined);
    const mine = missing.filter((name) => !this.#loading.has(name));
    if (mine.length > 0) {
      const load = this.#load(mine).finally(() => {
        for (const name of mine) this.#loading.delete(name);
      });
      for (const name of mine) this.#loading.set(name, load);
      waiting.push(load);
    }
    await Promise.all(waiting);
  }

  async number(name: string): Promise<number> {
    await this.intern([name]);
    return this.get(name);
  }

  /** The number of a name that was interned before. */
  get(name: string): number {
    const nid = this.#cache.get(name);
    if (nid === undefined) throw new Error(`${this.#table}: ${name} has not been interned`);
    return nid;
  }

  /** The number if the name was ever seen, without making one. */
  async find(name: string): Promise<number | null> {
    const cached = this.#cache.get(name);
    if (cached !== undefined) return cached;
    const column = this.#column();
    const [row] = await this.#sql<{ nid: number }[]>`select nid from ${this.#sql(this.#table)} where ${this.#sql(column)} = ${name}`;
    if (row === undefined) return null;
    this.#cache.set(name, row.nid);
    return row.nid;
  }

  async #load(names: string[]): Promise<void> {
    const sql = this.#sql;
    const column = sql(this.#column());
    const table = sql(this.#table);
    // Sorted, so that two transactions that intern the same names cannot wait for each other in a circle.
    const sorted = names.toSorted();
    const found = await sql<{ nid: number; name: string }[]>`
      select nid, ${column} as name from ${table} where ${column} = any(${sorted}::text[])`;
    for (const row of found) this.#cache.set(row.name, row.nid);
    const absent = sorted.filter((name) => !this.#cache.has(name));
    if (absent.length === 0) return;
    const made = await sql<{ nid: number; name: string }[]>`
      with made as (insert into ${table} (${column}) select unnest(${absent}::text[]) on conflict do nothing returning nid, ${column} as name)
      select nid, name from made
      union all select nid, ${column} from ${table} where ${column} = any(${absent}::text[])`;
    for (const row of made) this.#cache.set(row.name, row.nid);
    const raced = absent.filter((name) => !this.#cache.has(name));
    // Another node made the row between our two snapshots.
    if (raced.length > 0) await this.#load(raced);
  }

  #column(): string {
    return this.#table === 'user_nid' ? 'user_id' : 'type';
  }
}
