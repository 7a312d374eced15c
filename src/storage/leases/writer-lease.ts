import type { Sql } from 'postgres';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';

/** Rooms and users are hashed over this many shards; it never changes in a database. */
export const SHARD_COUNT = 64;
const LEASE_MS = 10_000;
const RENEW_MS = 3_000;

/** The slot is held by another node that is alive. */
export class SlotTakenError extends Error {
  constructor(node: string) {
    super(`Another node (${node}) is writing to this database. Stop it first: two nodes on one slot would fence each other off.`);
    this.name = 'SlotTakenError';
  }
}

/**
 * Exclusive right to write to the commit log of one slot, with an epoch that grows with every owner. Every batch checks the epoch
 * inside its own transaction, so a node that lost the lease cannot commit, however late it notices.
 */
export class WriterLease implements AsyncDisposable {
  readonly slot: number;
  readonly epoch: number;
  readonly node: string;
  readonly #sql: Sql;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #taken = Promise.withResolvers<void>();
  #lost = false;
  #stopped = false;

  private constructor(options: { slot: number; epoch: number; node: string; sql: Sql; clock: Clock; log: Logger }) {
    this.slot = options.slot;
    this.epoch = options.epoch;
    this.node = options.node;
    this.#sql = options.sql;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /**
   * Takes the slot and all shards. A lease left behind by this same node (it was killed) is taken over at once; another
   * node's is waited for until it expires, then taken; if it is renewed meanwhile, `SlotTakenError`.
   */
  static async acquire(options: { sql: Sql; slot: number; node: string; clock: Clock; log: Logger }): Promise<WriterLease> {
    const { sql, slot, node, clock, log } = options;
    const deadline = clock.monotonic() + LEASE_MS + 1_000;
    let told = false;
    for (;;) {
      const outcome = await tryAcquire(sql, slot, node);
      if (outcome.epoch !== null) {
        const lease = new WriterLease({ slot, epoch: outcome.epoch, node, sql, clock, log });
        lease.#renewLater();
        return lease;
      }
      if (clock.monotonic() > deadline) throw new SlotTakenError(outcome.holder);
      if (!told) log.info({ holder: outcome.holder, atMostMs: LEASE_MS }, 'waiting for the lease of a node that may have died');
      told = true;
      await clock.sleep(500);
    }
  }

  /** True once another node has taken the slot: this process must not serve any longer. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Resolves when `lost` becomes true. */
  get whenLost(): Promise<void> {
    return this.#taken.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#sql`update writer_slot set expires_at = now() where slot = ${this.slot} and epoch = ${this.epoch}`;
    await this.#sql`update shard_lease set expires_at = now() where slot = ${this.slot} and epoch = ${this.epoch}`;
  }

  #renewLater(): void {
    this.#clock.setTimeout(() => void this.#renew(), RENEW_MS);
  }

  async #renew(): Promise<void> {
    if (this.#stopped) return;
    try {
      // The slot's row first, as in every batch (`weft_fence`): two orders would end in a deadlock under load.
      const [renewed] = await this.#sql<{ slots: number }[]>`
        with slot_row as (
          update writer_slot set expires_at = now() + ${LEASE_MS} * interval '1 millisecond'
          where slot = ${this.slot} and epoch = ${this.epoch} returning slot, epoch
        ), shards as (
          update shard_lease l set expires_at = now() + ${LEASE_MS} * interval '1 millisecond'
          from slot_row s where l.slot = s.slot and l.epoch = s.epoch
        )
        select count(*)::int as slots from slot_row`;
      if (renewed?.slots !== 1) {
        this.#lost = true;
        this.#taken.resolve();
        this.#log.fatal({ slot: this.slot, epoch: this.epoch }, 'another node has taken the writer slot; this node stops writing');
        return;
      }
    } catch (error) {
      this.#log.warn({ err: error }, 'could not renew the writer lease; trying again');
    }
    this.#renewLater();
  }
}

async function tryAcquire(sql: Sql, slot: number, node: string): Promise<{ epoch: number } | { epoch: null; holder: string }> {
  return sql.begin(async (tx) => {
    await tx`
      insert into writer_slot (slot, epoch, node, expires_at) values (${slot}, 0, ${node}, now()) on conflict do nothing`;
    const [row] = await tx`select epoch, node, expires_at > now() as alive from writer_slot where slot = ${slot} for update`;
    if (row === undefined) throw new Error(`writer slot ${slot} vanished`);
    if (row.alive === true && row.node !== node) return { epoch: null, holder: String(row.node) };
    const epoch = Number(row.epoch) + 1;
    await tx`
      update writer_slot set epoch = ${epoch}, node = ${node}, expires_at = now() + ${LEASE_MS} * interval '1 millisecond'
      where slot = ${slot}`;
    await tx`
      insert into shard_lease (shard, slot, epoch, expires_at)
      select shard, ${slot}, ${epoch}, now() + ${LEASE_MS} * interval '1 millisecond' from generate_series(0, ${SHARD_COUNT - 1}) shard
      on conflict (shard) do update set slot = excluded.slot, epoch = excluded.epoch, expires_at = excluded.expires_at`;
    return { epoch };
  });
}
