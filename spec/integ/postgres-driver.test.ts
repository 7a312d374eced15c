import { createRequire } from 'node:module';
import postgresEsm, { type Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.ts';

// The package ships both builds, and a dependency may load either. The patch in patches/ covers both.
const postgresCjs: typeof postgresEsm = createRequire(import.meta.url)('postgres');

const POOL_SIZE = 10;
const RECONNECT_DELAY_S = 0.02;
const SLOW_TEST_MS = 60_000;

/** Codes by which a statement may fail when its backend goes away. */
const LOST_BACKEND_CODES = new Set(['57P01', 'CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'ECONNRESET', 'EPIPE']);

describe.each([
  ['ES module', postgresEsm],
  ['CommonJS', postgresCjs],
])('postgres.js, the %s build', (_build, postgres) => {
  const applicationName = `driver-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
  let database: TestDatabase;
  let admin: Sql;
  let sql: Sql;
  let closedCount = 0;

  function connect(max: number): Sql {
    return postgres({
      ...database.options,
      max,
      // The driver counts ten sockets that break together as ten failed attempts, and by default waits up to 20 s then.
      backoff: () => RECONNECT_DELAY_S,
      onnotice: () => {},
      onclose: () => (closedCount += 1),
      connection: { application_name: applicationName },
    });
  }

  /** Ends every backend of the pool and returns how many there were. The backends are gone when it returns. */
  async function terminateBackends(): Promise<number> {
    const rows = await admin<{ pid: number }[]>`
      select pid, pg_terminate_backend(pid) from pg_stat_activity where application_name = ${applicationName}`;
    const pids = rows.map(({ pid }) => pid);
    const alive = () => admin`select from pg_stat_activity where pid = any(${pids}) and application_name = ${applicationName}`;
    await vi.waitFor(async () => expect(await alive()).toHaveLength(0), { timeout: 20_000, interval: 2 });
    return pids.length;
  }

  /** As terminateBackends, and also waits until the driver has seen each socket close. */
  async function terminateAndNotice(): Promise<void> {
    const before = closedCount;
    const killed = await terminateBackends();
    await vi.waitFor(() => expect(closedCount - before).toBe(killed), { timeout: 20_000, interval: 2 });
  }

  beforeAll(async () => {
    database = await testDatabase({ schema: 'empty' });
  });

  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  });

  beforeEach(() => {
    closedCount = 0;
    admin = postgresEsm({ ...database.options, max: 1, onnotice: () => {} });
    sql = connect(POOL_SIZE);
  });

  afterEach(async () => {
    await sql.end({ timeout: 5 });
    await admin.end({ timeout: 5 });
  });

  test.each([4, 32])(
    'the cost of picking a connection does not grow with the number of queries, %i in flight',
    async (inFlight) => {
      await Promise.all(Array.from({ length: POOL_SIZE }, () => sql`select 1`));
      using scans = watchConnectionScans();
      const queries = 20_000;
      let started = 0;
      await Promise.all(
        Array.from({ length: inFlight }, async () => {
          while (started++ < queries) await sql`select ${started}::int as n`;
        }),
      );
      expect(scans.calls).toBeGreaterThan(queries / 2);
      expect(scans.maxExamined).toBeLessThanOrEqual(POOL_SIZE);
      expect(scans.maxRetained).toBeLessThanOrEqual(POOL_SIZE + 64);
    },
    SLOW_TEST_MS,
  );

  test(
    'the pool recovers when all its backends die again and again under load',
    async () => {
      const rounds = 15;
      const successesPerRound = 200;
      const unexpected: unknown[] = [];
      let succeeded = 0;
      let stop = false;
      const attempt = async (work: () => Promise<unknown>): Promise<void> => {
        try {
          await work();
          succeeded += 1;
        } catch (error) {
          if (!LOST_BACKEND_CODES.has(codeOf(error))) unexpected.push(error);
        }
      };
      const loops: (() => Promise<unknown>)[] = [
        () => sql`select 1 as one`,
        () => sql`select ${'x'.repeat(3000)}::text as long`,
        () => sql`select ${succeeded}::int as n, pg_backend_pid() as pid`,
        () => sql.begin(async (tx) => [await tx`select 1 as one`, await tx`select ${succeeded}::int as n`]),
        () => Promise.all([sql`select 1 as one`, sql`select 2 as two`, sql`select ${3}::int as three`]),
        async () => {
          const reserved = await sql.reserve();
          try {
            await reserved`select 1 as one`;
          } finally {
            reserved.release();
          }
        },
      ];
      const workers = Array.from({ length: 24 }, async (_, index) => {
        const work = loops[index % loops.length];
        while (work !== undefined && !stop) await attempt(work);
      });
      try {
        for (let round = 0; round < rounds; round++) {
          const target = succeeded + successesPerRound;
          await vi.waitFor(() => expect(succeeded).toBeGreaterThanOrEqual(target), { timeout: 20_000, interval: 5 });
          await terminateBackends();
        }
      } finally {
        stop = true;
      }
      await Promise.all(workers);
      expect(unexpected).toEqual([]);

      await terminateAndNotice();
      const after = await Promise.all(Array.from({ length: 20 * POOL_SIZE }, (_, n) => sql<{ n: number }[]>`select ${n}::int as n`));
      expect(after.map((rows) => rows[0]?.n)).toEqual(Array.from({ length: 20 * POOL_SIZE }, (_, n) => n));
    },
    SLOW_TEST_MS,
  );

  test('the first query of a new connection gets its own answer, not the error that ended the old one', async () => {
    await sql.end();
    sql = connect(1);
    for (let round = 0; round < 5; round++) {
      const lost = sql`select pg_sleep(600)`.catch(codeOf);
      await vi.waitFor(async () => expect(await busyBackends()).toBe(1), { timeout: 20_000, interval: 2 });
      await terminateAndNotice();
      expect(LOST_BACKEND_CODES).toContain(await lost);
      expect(await sql`select ${round}::int as round`).toEqual([{ round }]);
    }
  });

  async function busyBackends(): Promise<number> {
    const rows = await admin`
      select 1 from pg_stat_activity where application_name = ${applicationName} and state = 'active' and query like '%pg_sleep%'`;
    return rows.length;
  }

  test('statements of a transaction whose backend died never run outside it', async () => {
    await sql.end();
    sql = connect(1);
    const table = `driver_test_${Math.random().toString(36).slice(2)}`;
    await admin`create table ${admin(table)} (n int)`;
    try {
      const late: Promise<unknown>[] = [];
      const transaction = sql.begin(async (tx) => {
        await tx`insert into ${tx(table)} values (1)`;
        await terminateAndNotice();
        // The pool reconnects with the same connection object before the transaction goes on.
        await sql`select 1`;
        const insert = tx`insert into ${tx(table)} values (2)`;
        late.push(insert.catch(codeOf));
        await insert;
      });
      expect(LOST_BACKEND_CODES).toContain(await transaction.catch(codeOf));
      await vi.waitFor(() => expect(late).toHaveLength(1));
      expect(LOST_BACKEND_CODES).toContain(await late[0]);
      expect(await sql`select n from ${sql(table)}`).toEqual([]);
    } finally {
      await admin`drop table ${admin(table)}`;
    }
  });

  test('a transaction goes on failing, and harms nobody, while its connection is closed', async () => {
    const codes: string[] = [];
    const transaction = sql.begin(async (tx) => {
      await tx`select 1`;
      await terminateAndNotice();
      for (let n = 0; n < 3; n++) codes.push(await tx`select ${n}::int as n`.then(answered, codeOf));
    });
    expect(LOST_BACKEND_CODES).toContain(await transaction.catch(codeOf));
    await vi.waitFor(() => expect(codes).toHaveLength(3));
    expect(codes.filter((code) => !LOST_BACKEND_CODES.has(code))).toEqual([]);
    expect(await Promise.all(Array.from({ length: 50 }, (_, n) => sql`select ${n}::int as n`))).toHaveLength(50);
  });

  test('releasing a reserved connection that was lost does not put it back into the pool', async () => {
    const reserved = await sql.reserve();
    await reserved`select 1`;
    await terminateAndNotice();
    expect(LOST_BACKEND_CODES).toContain(await reserved`select 2`.then(answered, codeOf));
    reserved.release();
    expect(await Promise.all(Array.from({ length: 50 }, (_, n) => sql`select ${n}::int as n`))).toHaveLength(50);
  });

  test('end() returns when the last backend dies instead of answering', async () => {
    const lost = sql`select pg_sleep(600)`.catch(codeOf);
    await vi.waitFor(async () => expect(await busyBackends()).toBe(1), { timeout: 20_000, interval: 2 });
    const ended = sql.end();
    await terminateBackends();
    expect(LOST_BACKEND_CODES).toContain(await lost);
    await ended;
  });
});

function answered(): string {
  return 'answered';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** Counts, until disposed, how many slots the pool's queues examine and retain when they look for a connection. */
function watchConnectionScans(): Disposable & { calls: number; maxExamined: number; maxRetained: number } {
  const indexOf = Array.prototype.indexOf;
  const seen = { calls: 0, maxExamined: 0, maxRetained: 0, [Symbol.dispose]: () => spy.mockRestore() };
  const spy = vi.spyOn(Array.prototype, 'indexOf').mockImplementation(function (this: unknown[], wanted: unknown, from = 0): number {
    if (typeof wanted === 'object' && wanted !== null && 'idleTimer' in wanted) {
      seen.calls += 1;
      seen.maxExamined = Math.max(seen.maxExamined, this.length - from);
      seen.maxRetained = Math.max(seen.maxRetained, this.length);
    }
    return indexOf.call(this, wanted, from);
  });
  return seen;
}
