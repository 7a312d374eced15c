import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/platform/clock.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { type DatabaseHandles, openDatabase } from '../../src/storage/database.ts';
import { SHARD_COUNT, WriterLease } from '../../src/storage/leases/writer-lease.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let database: TestDatabase;
let db: DatabaseHandles;
beforeEach(async () => {
  database = await testDatabase();
  db = openDatabase(database.options);
});
afterEach(async () => {
  await db[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** Pauses are short, and the test fires the timers. */
function testClock(): { clock: Clock; renew: (lease: WriterLease) => Promise<void> } {
  let timers: (() => void)[] = [];
  let elapsed = 0;
  const clock: Clock = {
    ...systemClock,
    monotonic: () => elapsed,
    setTimeout(callback) {
      timers.push(callback);
      const cancel = (): void => void (timers = timers.filter((timer) => timer !== callback));
      return { cancel, [Symbol.dispose]: cancel };
    },
    sleep: async (ms) => {
      elapsed += ms;
      await systemClock.sleep(1);
    },
  };
  return {
    clock,
    renew: async (lease) => {
      const due = timers;
      timers = [];
      for (const timer of due) timer();
      // A renewal asks for its next timer when it is done, unless the lease is gone.
      while (timers.length === 0 && !lease.lost) await systemClock.sleep(1);
    },
  };
}

const acquire = (node: string, clock: Clock = testClock().clock): Promise<WriterLease> =>
  WriterLease.acquire({ sql: db.read, slot: 0, node, clock, log: silentLogger });
const expireAll = () => database.sql`update writer_slot set expires_at = now() - interval '1 second'`;
const shards = () => database.sql<{ epoch: number }[]>`select epoch from shard_lease where slot = 0`;

describe('the lease of a writer slot', () => {
  test('brings all shards, and each owner a higher epoch', async () => {
    const first = await acquire('a');
    expect(await shards()).toEqual(Array.from({ length: SHARD_COUNT }, () => ({ epoch: first.epoch })));
    await first[Symbol.asyncDispose]();
    const second = await acquire('b');
    expect(second.epoch).toBe(first.epoch + 1);
    expect(await shards()).toEqual(Array.from({ length: SHARD_COUNT }, () => ({ epoch: second.epoch })));
  });

  test('that the same node left behind is taken over at once', async () => {
    const killed = await acquire('a');
    expect((await acquire('a')).epoch).toBe(killed.epoch + 1);
  });

  test('of another node that is alive is refused, with its name', async () => {
    await acquire('a');
    await expect(acquire('b')).rejects.toThrow(/Another node \(a\) is writing/);
  });

  test('of another node that died is taken once it has expired', async () => {
    const dead = await acquire('a');
    await expireAll();
    expect((await acquire('b')).epoch).toBe(dead.epoch + 1);
  });

  test('is renewed', async () => {
    const { clock, renew } = testClock();
    const lease = await acquire('a', clock);
    await expireAll();
    await renew(lease);
    expect(lease.lost).toBe(false);
    const [row] = await database.sql`select expires_at > now() as alive from writer_slot`;
    expect(row?.['alive']).toBe(true);
  });

  test('that somebody else has taken is known as lost, and is not renewed', async () => {
    const { clock, renew } = testClock();
    const lease = await acquire('a', clock);
    await expireAll();
    const taker = await acquire('b');
    await renew(lease);
    expect(lease.lost).toBe(true);
    await lease[Symbol.asyncDispose]();
    const [row] = await database.sql`select node, epoch, expires_at > now() as alive from writer_slot`;
    expect(row).toEqual({ node: 'b', epoch: taker.epoch, alive: true });
  });

  test('two nodes that ask at once get one lease', async () => {
    const outcomes = await Promise.allSettled([acquire('a'), acquire('b')]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('its renewal and the fences of batches never wait for each other in a circle', async () => {
    const { clock, renew } = testClock();
    const lease = await acquire('a', clock);
    const { epoch } = lease;
    const all = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);
    const fences = (async () => {
      for (let round = 0; round < 200; round++) {
        await db.bulk.begin(async (tx) => {
          // Shard after shard, the last one first: another order than the renewal's.
          for (const shard of [[], ...all.toReversed().map((one) => [one])].slice(0, 20)) {
            await tx`select weft_fence(0::smallint, ${epoch}::bigint, ${shard}::smallint[])`;
          }
        });
      }
      return 'done';
    })();
    let over = false;
    void fences.finally(() => (over = true)).catch(() => undefined);
    while (!over) await renew(lease);
    expect(await fences).toBe('done');
  });
});
