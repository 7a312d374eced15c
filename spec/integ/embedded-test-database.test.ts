import { expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';

test('every test database is empty, its own, and gone afterwards', async () => {
  let name: string;
  {
    await using one = await testDatabase({ schema: 'empty' });
    await using two = await testDatabase({ schema: 'empty' });
    name = one.options.database;
    await one.sql`create table t (n int)`;
    expect(await two.sql`select from pg_tables where tablename = 't'`).toHaveLength(0);
  }
  await using later = await testDatabase({ schema: 'empty' });
  expect(await later.sql`select from pg_database where datname = ${name}`).toHaveLength(0);
});

test('databases with the current schema can be made side by side', async () => {
  const databases = await Promise.all([testDatabase(), testDatabase(), testDatabase()]);
  for (const database of databases) {
    expect(await database.sql`select from schema_migration`).not.toBeUndefined();
    await database[Symbol.asyncDispose]();
  }
});

test('text is UTF-8 and sorted by code point', async () => {
  await using database = await testDatabase({ schema: 'empty' });
  const [row] = await database.sql`select array_agg(t order by t) as sorted from unnest(array['b', 'é', 'B', '😀', 'a']) t`;
  expect(row?.sorted).toEqual(['B', 'a', 'b', 'é', '😀']);
});
