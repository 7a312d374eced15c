import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { armFailpoint } from '../../src/platform/failpoints.ts';
import { type Database, write } from '../../src/plugin-api/commit.ts';
import { BOOT_POSITION_GAP, readLog, trimLog, LOG_RETENTION_MS } from '../../src/storage/committer/commit-log.ts';
import { QUEUE_UNITS_MAX } from '../../src/storage/committer/committer.ts';
import { makeItemTable, openCommitter, record, type TestCommitter } from '../support/committer.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let database: TestDatabase;
let node: TestCommitter;

beforeEach(async () => {
  database = await testDatabase();
  await makeItemTable(database);
  node = await openCommitter(database);
});
afterEach(async () => {
  await node[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

interface Item {
  n: number;
  pos: number;
  xid: number;
}
const items = (): Promise<Item[]> => database.sql<Item[]>`select n, pos, xid from item order by pos`;
const numbers = async (): Promise<number[]> => (await items()).map(({ n }) => n);
/** Steps of the log as (from, to]. */
const steps = () => database.sql<{ from: number; to: number }[]>`select from_pos as "from", to_pos as "to" from commit_log order by to_pos`;

/** An error as the driver makes it when the socket breaks. */
const lostConnection = (): Error => Object.assign(new Error('the connection was lost'), { code: 'CONNECTION_CLOSED' });

describe('batches', () => {
  test('what is asked for in one turn of the event loop is one transaction, in order, without gaps', async () => {
    const before = node.commits.position;
    const positions = await Promise.all([3, 1, 2].map((n) => node.put(n)));
    expect(positions).toEqual([before + 1, before + 2, before + 3]);
    expect(await numbers()).toEqual([3, 1, 2]);
    expect(new Set((await items()).map(({ xid }) => xid)).size).toBe(1);
    expect(node.commits.commits).toBe(1);
    expect(node.commits.position).toBe(before + 3);
  });

  test('grow while one is under way', async () => {
    const all: Promise<number>[] = [];
    {
      const gate = Promise.withResolvers<void>();
      using _held = armFailpoint('committer.before-transaction', { wait: () => gate.promise, times: 1 });
      all.push(node.put(0));
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      for (let n = 1; n <= 50; n++) all.push(node.put(n));
      gate.resolve();
      await Promise.all(all);
    }
    expect(node.batches).toEqual([1, 50]);
    expect(node.commits.commits).toBe(2);
  });

  test('end at 500 records and at a megabyte, but a unit is never torn', async () => {
    await Promise.all(Array.from({ length: 1_001 }, (_, n) => node.put(n)));
    expect(node.batches).toEqual([500, 500, 1]);
    node.batches.length = 0;
    await Promise.all([2_000, 2_001, 2_002].map((n) => node.put(n, { bytes: 600_000 })));
    expect(node.batches).toEqual([1, 1, 1]);
    node.batches.length = 0;
    await node.commits.commitAll(Array.from({ length: 700 }, (_, n) => record(3_000 + n)));
    expect(node.batches).toEqual([700]);
  });

  test('records of one unit resolve with the position of the last one', async () => {
    const before = node.commits.position;
    expect(await node.commits.commitAll([record(1), record(2)])).toBe(before + 2);
  });

  test('the log leads from batch to batch without a hole, whatever the durabilities', async () => {
    for (let n = 0; n < 30; n++) {
      const durability = (['durable', 'relaxed', 'memory'] as const)[n % 3];
      await node.put(n, { durability: durability ?? 'durable', ...(durability === 'memory' ? { writes: [] } : {}) });
    }
    await node.put(100);
    const rows = await steps();
    rows.slice(1).forEach((row, index) => expect(row.from).toBe(rows[index]?.to));
    expect(rows.at(-1)?.to).toBe(node.commits.position);
    expect(node.heard.map(({ pos }) => pos)).toEqual(node.heard.map((_, index) => (node.heard[0]?.pos ?? 0) + index));
  });

  test('listeners hear a batch before anybody who waited for it goes on, and a listener that fails disturbs nobody', async () => {
    const order: string[] = [];
    node.commits.onBatch(() => {
      order.push('listener');
      throw new Error('a bug in a listener');
    });
    await node.put(1, { onCommitted: () => order.push('onCommitted') }).then(() => order.push('waiter'));
    expect(order).toEqual(['onCommitted', 'listener', 'waiter']);
    await node.put(2);
    expect(await numbers()).toEqual([1, 2]);
  });

  test('a full queue refuses', async () => {
    const gate = Promise.withResolvers<void>();
    using _held = armFailpoint('committer.before-transaction', { wait: () => gate.promise, times: 1 });
    const memory = { durability: 'memory', writes: [] } as const;
    const first = node.put(1);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    const waiting = Array.from({ length: QUEUE_UNITS_MAX }, () => node.put(2, memory));
    const failed: unknown[] = [];
    await expect(node.put(3, { onFailed: (error) => failed.push(error) })).rejects.toThrow('too many commits');
    expect(failed).toHaveLength(1);
    gate.resolve();
    await Promise.all([first, ...waiting]);
    expect(await numbers()).toEqual([1]);
  });

  test('after the end nothing is taken', async () => {
    await node.commits[Symbol.asyncDispose]();
    await expect(node.put(1)).rejects.toThrow('stopping');
  });
});

describe('durability', () => {
  /** `synchronous_commit` as each transaction saw it. */
  const settings = (): Promise<string[]> =>
    database.sql<{ setting: string }[]>`select setting from seen order by n`.then((rows) => rows.map(({ setting }) => setting));
  const seeing = {
    name: 'seen',
    write: (tx: Database) => tx`insert into seen (setting) values (current_setting('synchronous_commit'))`,
  };

  test('only a batch without durable records does not wait for the disk', async () => {
    await database.sql`create table seen (n int generated always as identity, setting text)`;
    const [normal] = await database.sql<{ setting: string }[]>`select current_setting('synchronous_commit') as setting`;
    const see = (durability: 'durable' | 'relaxed') => node.commits.commit({ stream: 's', durability, writes: [write(seeing, null)] });
    await see('relaxed');
    await see('durable');
    await Promise.all([see('relaxed'), node.put(1)]);
    expect(await settings()).toEqual(['off', normal?.setting, normal?.setting]);
  });

  test('what is for memory only takes a position, wakes listeners and writes nothing', async () => {
    const before = await steps();
    const position = await node.put(1, { durability: 'memory', writes: [] });
    expect(node.commits.position).toBe(position);
    expect(node.heard.map(({ pos }) => pos)).toEqual([position]);
    expect(await steps()).toEqual(before);
    expect(node.commits.commits).toBe(0);
  });
});

describe('a record that cannot be stored', () => {
  test('fails alone: its neighbours are stored, in order and without a gap', async () => {
    const before = node.commits.position;
    const outcomes = await Promise.allSettled([1, 2, -3, 4, 5].map((n) => node.put(n)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(await numbers()).toEqual([1, 2, 4, 5]);
    expect((await items()).map(({ pos }) => pos)).toEqual([1, 2, 3, 4].map((n) => before + n));
    expect(node.heard.map(({ data }) => data)).toEqual([1, 2, 4, 5]);
  });

  test('takes with it its unit, and whatever builds on it; what came before stays', async () => {
    const group = {};
    const other = {};
    const failed: number[] = [];
    const put = (n: number, of: object): Promise<number> => node.put(n, { group: of, onFailed: () => failed.push(n) });
    const outcomes = await Promise.allSettled([
      put(1, group),
      put(2, other),
      node.commits.commitAll([record(3, { group }), record(-4, { group })]),
      put(5, group),
      put(6, other),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(await numbers()).toEqual([1, 2, 6]);
    expect(failed).toEqual([5]);
  });

  test('takes with it what builds on it and waits for the next batch', async () => {
    const group = {};
    const gate = Promise.withResolvers<void>();
    using _held = armFailpoint('committer.before-transaction', { wait: () => gate.promise, times: 1 });
    const first = node.put(-1, { group });
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    const later = [node.put(2, { group }), node.put(3)];
    gate.resolve();
    expect((await Promise.allSettled([first, ...later])).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(await numbers()).toEqual([3]);
  });

  test('costs a few transactions, not one for each of its neighbours', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 256 }, (_, n) => node.put(n === 100 ? -1 : n)));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(node.commits.commits).toBeLessThanOrEqual(8);
  });

  test('a writer that throws leaves the connection clean', async () => {
    const broken = {
      name: 'broken',
      write(): never {
        throw new Error('a bug in a writer');
      },
    };
    await expect(node.commits.commit({ stream: 's', durability: 'durable', writes: [write(broken, null)] })).rejects.toThrow(
      'a bug in a writer',
    );
    await node.put(1);
    expect(await numbers()).toEqual([1]);
  });
});

describe('a connection that is lost', () => {
  test('before anything was sent: the batch is written afterwards', async () => {
    using _point = armFailpoint('committer.before-transaction', { error: lostConnection(), times: 2 });
    await node.put(1);
    expect(await numbers()).toEqual([1]);
  });

  test('after the commit, before its answer: the batch is found in the log and not written again', async () => {
    using point = armFailpoint('committer.after-commit', { error: lostConnection(), times: 1 });
    const position = await node.put(1);
    expect(await items()).toMatchObject([{ n: 1, pos: position }]);
    expect(point.passes()).toBe(1);
    expect(node.heard).toHaveLength(1);
    await node.put(2);
    expect(await numbers()).toEqual([1, 2]);
  });

  test('by the end of its backend, at any moment: each row is there once and the log has no hole', async () => {
    const all: Promise<number>[] = [];
    for (let n = 0; n < 300; n++) {
      all.push(node.put(n));
      if (n % 20 === 7) {
        void database.sql`select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'weft-commit' and datname = current_database()`.execute();
      }
      if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const positions = await Promise.all(all);
    expect(await items()).toMatchObject(positions.map((pos, n) => ({ n, pos })));
    const rows = await steps();
    rows.slice(1).forEach((row, index) => expect(row.from).toBe(rows[index]?.to));
  });

  test('a deadlock that PostgreSQL ends at our cost is no failure', async () => {
    const victim = Object.assign(new Error('deadlock detected'), { code: '40P01' });
    using _point = armFailpoint('committer.before-transaction', { error: victim, times: 3 });
    await node.put(1);
    expect(await numbers()).toEqual([1]);
  });
});

describe('a node that lost its slot', () => {
  test('cannot commit, and what it tried is not there', async () => {
    await node.put(1);
    await using successor = await openCommitter(database);
    await expect(node.put(2)).rejects.toMatchObject({ code: 'WF001' });
    await successor.put(3);
    expect(await numbers()).toEqual([1, 3]);
  });

  test('cannot commit to a shard that another slot has taken', async () => {
    await database.sql`update shard_lease set slot = 1 where shard = 7`;
    await expect(node.put(1, { shard: 7 })).rejects.toMatchObject({ code: 'WF001' });
    await node.put(2, { shard: 8 });
    expect(await numbers()).toEqual([2]);
  });
});

describe('a new start', () => {
  test('goes on far beyond every position that may have been promised', async () => {
    const last = await node.put(1);
    await using successor = await openCommitter(database);
    expect(successor.commits.position).toBe(last + BOOT_POSITION_GAP);
    expect(await successor.put(2)).toBe(last + BOOT_POSITION_GAP + 1);
  });

  test('reads from the log what happened, from any position, a few batches at a time', async () => {
    const users = ['@a:x'] as never[];
    const first = await node.put(1, { users });
    await Promise.all([node.put(2), node.put(3, { durability: 'memory', writes: [] }), node.put(4, { stream: 'event', data: [7, 8] })]);
    const { entries, to } = await readLog(database.sql, { slot: 0, after: first - 1, batches: 1 });
    expect(entries).toMatchObject([{ pos: first, stream: 'item', data: 1, users }]);
    const rest = await readLog(database.sql, { slot: 0, after: to, batches: 10 });
    expect(rest.entries).toMatchObject([
      { pos: first + 1, data: 2 },
      { pos: first + 3, stream: 'event', data: [7, 8] },
    ]);
    expect(await readLog(database.sql, { slot: 0, after: rest.to, batches: 10 })).toEqual({ entries: [], to: rest.to });
  });

  test('old batches are dropped once no cursor needs them; the newest always stays', async () => {
    const first = await node.put(1);
    const second = await node.put(2);
    const later = Date.now() + LOG_RETENTION_MS + 60_000;
    await database.sql`insert into cursor (name, slot, pos) values ('search', 0, ${first})`;
    await trimLog(database.sql, { slot: 0, now: later });
    expect((await steps()).map(({ to }) => to)).toEqual([first, second]);
    await database.sql`delete from cursor`;
    await trimLog(database.sql, { slot: 0, now: later });
    expect((await steps()).map(({ to }) => to)).toEqual([second]);
  });
});
