import { LRUCache } from 'lru-cache';
import type { EventId, UserId } from '../../core/ids/brands.ts';
import type { SendResult } from '../../plugin-api/ports.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Dictionary } from '../../storage/rooms/dictionary.ts';
import type { RoomSql } from '../../storage/rooms/room-reader-sql.ts';
import { TXN_RETENTION_MS } from '../../storage/rooms/trim-rooms.ts';

/** Devices whose transaction ids are kept in memory. */
const SCOPES_MAX = 10_000;
/** Ids per device in memory, the newest; an older one is recognised by the store, at the price of a failed batch. */
const TXNS_PER_SCOPE_MAX = 5_000;
interface Known {
  readonly eventId: EventId;
  readonly pos: number;
}

/**
 * Transaction ids that have been used, by device. A device's recent ids are read once, with its first request; after that a look-up costs
 * nothing. Requests with the same id that run at the same time share one send.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#transaction-identifiers
 */
export class TxnCache {
  readonly #sql: RoomSql;
  readonly #users: Dictionary;
  readonly #clock: Clock;
  readonly #scopes = new LRUCache<string, Map<string, Known>>({ max: SCOPES_MAX });
  readonly #loading = new Map<string, Promise<Map<string, Known>>>();
  readonly #running = new Map<string, Promise<SendResult>>();

  constructor(deps: { sql: RoomSql; users: Dictionary; clock: Clock }) {
    this.#sql = deps.sql;
    this.#users = deps.users;
    this.#clock = deps.clock;
  }

  /** The first answer when the id was used before, else what `send` answers. A failed send does not use the id up. */
  async once(
    key: { userId: UserId; scope: string; roomNid: number; txnId: string },
    send: (userNid: number) => Promise<SendResult>,
  ): Promise<SendResult> {
    const userNid = await this.#users.number(key.userId);
    const scopeKey = `${userNid} ${key.scope}`;
    const known = this.#scopes.get(scopeKey) ?? (await this.#load(scopeKey, userNid, key.scope));
    const txnKey = `${key.roomNid} ${key.txnId}`;
    const first = known.get(txnKey);
    if (first !== undefined) return { ...first, isNew: false };
    const runningKey = `${scopeKey} ${txnKey}`;
    const running = this.#running.get(runningKey);
    if (running !== undefined) return { ...(await running), isNew: false };
    const run = send(userNid).then(
      (result) => {
        known.set(txnKey, { eventId: result.eventId, pos: result.pos });
        if (known.size > TXNS_PER_SCOPE_MAX) known.delete(known.keys().next().value as string);
        return result;
      },
      async (error: unknown) => {
        // Memory had forgotten the id; the store has not, and refused the second event.
        const stored = isUniqueViolation(error) ? await this.#sql.eventOfTxn({ ...key, userNid }) : null;
        if (stored === null) throw error;
        return { ...stored, isNew: false };
      },
    );
    this.#running.set(runningKey, run);
    try {
      return await run;
    } finally {
      this.#running.delete(runningKey);
    }
  }

  async #load(scopeKey: string, userNid: number, scope: string): Promise<Map<string, Known>> {
    const underWay = this.#loading.get(scopeKey);
    if (underWay !== undefined) return underWay;
    const loading = this.#read(userNid, scope).finally(() => this.#loading.delete(scopeKey));
    this.#loading.set(scopeKey, loading);
    const known = await loading;
    this.#scopes.set(scopeKey, known);
    return known;
  }

  async #read(userNid: number, scope: string): Promise<Map<string, Known>> {
    const rows = await this.#sql.recentTxns(userNid, scope, this.#clock.now() - TXN_RETENTION_MS, TXNS_PER_SCOPE_MAX);
    return new Map(rows.reverse().map((row) => [`${row.roomNid} ${row.txnId}`, { eventId: row.eventId, pos: row.pos }]));
  }
}

function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '23505';
}
