import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres, { type Sql } from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IncompatibleSchemaError, migrate } from '../../src/storage/migrate.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let database: TestDatabase;
let folder: string;
beforeEach(async () => {
  database = await testDatabase({ schema: 'empty' });
  folder = await mkdtemp(path.join(tmpdir(), 'weft-migrations-'));
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const file = (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text);
const run = (sql: Sql = database.sql) => migrate(sql, { folder });
const tables = async (): Promise<string[]> =>
  (await database.sql<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'public' order by 1`).map(
    (row) => row.name,
  );

test('the migrations of this program run on an empty database, and a second time there is nothing to do', async () => {
  const first = await migrate(database.sql);
  expect(first.applied.length).toBeGreaterThan(5);
  expect(await migrate(database.sql)).toEqual({ applied: [], version: first.version });
});

describe('migrations', () => {
  test('run in order, each once', async () => {
    await file('0001_a.sql', 'create table a (n int)');
    expect(await run()).toEqual({ applied: ['0001_a.sql'], version: 1 });
    await file('0002_b.sql', 'create table b (n int); insert into a values (1)');
    expect(await run()).toEqual({ applied: ['0002_b.sql'], version: 2 });
    expect(await run()).toEqual({ applied: [], version: 2 });
    expect(await database.sql`select n from a`).toEqual([{ n: 1 }]);
  });

  test('that were merged with a lower number than one that ran already are run all the same', async () => {
    await file('0001_a.sql', 'create table a (n int)');
    await file('0003_c.sql', 'create table c (n int)');
    await run();
    await file('0002_b.sql', 'create table b (n int)');
    expect(await run()).toEqual({ applied: ['0002_b.sql'], version: 3 });
  });

  test('that fail leave nothing of themselves, keep what ran before, and can be run again', async () => {
    await file('0001_a.sql', 'create table a (n int)');
    await file('0002_b.sql', 'create table b (n int); select 1 / 0');
    await expect(run()).rejects.toThrow('0002_b.sql');
    expect(await tables()).toEqual(['a', 'schema_compat', 'schema_migration']);
    await file('0002_b.sql', 'create table b (n int)');
    expect((await run()).applied).toEqual(['0002_b.sql']);
  });

  test('with a wrong name or the same number twice are refused', async () => {
    await file('0001_a.sql', '');
    await file('1_b.sql', '');
    await expect(run()).rejects.toThrow('1_b.sql is not named');
    await rm(path.join(folder, '1_b.sql'));
    await file('0001_b.sql', '');
    await expect(run()).rejects.toThrow('two migrations have the number 1');
  });
});

describe('a schema that a newer program wrote', () => {
  test('is refused in words that say what to do, when the newer program needs something that this one does not know', async () => {
    await file('0001_a.sql', 'create table a (n int)');
    await file('0002_b.sql', '-- compat: 2\nalter table a rename to b');
    await run();
    await rm(path.join(folder, '0002_b.sql'));
    const refusal = await run().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(IncompatibleSchemaError);
    expect(String(refusal)).toMatch(/newer Weft: it needs a program that knows migration 2, this one knows 1\. Start the newer version/);
  });

  test('is taken when this program can still work with it', async () => {
    await file('0001_a.sql', 'create table a (n int)');
    await file('0002_b.sql', 'create table b (n int)');
    await run();
    await rm(path.join(folder, '0002_b.sql'));
    expect(await run()).toEqual({ applied: [], version: 2 });
  });

  test('never becomes compatible with older programs again', async () => {
    await file('0002_b.sql', '-- compat: 2\nselect 1');
    await run();
    await file('0001_a.sql', '-- compat: 1\nselect 1');
    await run();
    expect(await database.sql`select compat from schema_compat`).toEqual([{ compat: 2 }]);
  });
});

test('several programs that start at once run each migration once', async () => {
  await file('0001_a.sql', 'create table a (n int); select pg_sleep(0.05)');
  await file('0002_b.sql', 'insert into a values (1)');
  const pools = Array.from({ length: 6 }, () => postgres({ ...database.options, max: 1, onnotice: () => undefined }) as unknown as Sql);
  try {
    const results = await Promise.all(pools.map((pool) => run(pool)));
    expect(results.flatMap(({ applied }) => applied).sort()).toEqual(['0001_a.sql', '0002_b.sql']);
    expect(await database.sql`select n from a`).toEqual([{ n: 1 }]);
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
});
