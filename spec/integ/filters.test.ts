import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UserId } from '../../src/core/ids/brands.ts';
import { FilterStore } from '../../src/storage/filters/filter-store.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

const ALICE = '@alice:weft.test' as UserId;
const BOB = '@bob:weft.test' as UserId;

describe('stored filters', () => {
  let database: TestDatabase;
  let store: FilterStore;
  beforeAll(async () => {
    database = await testDatabase();
    store = new FilterStore(database.sql);
    await database.sql`insert into account (user_id, created_ts) values (${ALICE}, 0), (${BOB}, 0)`;
  });
  afterAll(() => database[Symbol.asyncDispose]());

  it('are read by their owner only', async () => {
    expect(await store.write({ userId: ALICE, filterId: 'f', json: '{"room":{}}' })).toBe(true);
    expect(await store.read(ALICE, 'f')).toBe('{"room":{}}');
    expect(await store.read(BOB, 'f')).toBeNull();
  });

  it('are limited in number, and an old one can be stored again at the limit', async () => {
    await database.sql`
      insert into user_filter (user_id, filter_id, json) select ${BOB}, 'n' || n, '{}' from generate_series(1, 1000) as n`;
    expect(await store.write({ userId: BOB, filterId: 'one too many', json: '{}' })).toBe(false);
    expect(await store.read(BOB, 'one too many')).toBeNull();
    expect(await store.write({ userId: BOB, filterId: 'n1', json: '{}' })).toBe(true);
  });
});
