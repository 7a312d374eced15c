import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { expect, test } from 'vitest';
import * as schema from '../../src/storage/schema.ts';
import { testDatabase } from '../support/database.ts';

/** The migrator's own tables are made by the migrator. */
const NOT_MIGRATED = ['schema_compat', 'schema_migration'];

test('the drizzle tables are those that the migrations make', async () => {
  await using database = await testDatabase();
  const rows = await database.sql<{ table: string; column: string; type: string; required: boolean }[]>`
    select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'`;
  const made = rows.map(({ table, column, type, required }) => `${table}.${column} ${normal(type)}${required ? ' not null' : ''}`);

  const described = Object.values(schema).flatMap((table) => {
    if (!(table instanceof PgTable)) return [];
    const { name, columns } = getTableConfig(table);
    return columns.map((column) => {
      const required = column.notNull || column.primary || inPrimaryKey(table, column.name);
      return `${name}.${column.name} ${normal(column.getSQLType())}${'[]'.repeat(column.dimensions)}${required ? ' not null' : ''}`;
    });
  });
  const own = (line: string): boolean => !NOT_MIGRATED.some((table) => line.startsWith(`${table}.`));
  expect(described.filter(own).toSorted()).toEqual(made.filter(own).toSorted());
});

function inPrimaryKey(table: PgTable, column: string): boolean {
  return getTableConfig(table).primaryKeys.some((key) => key.columns.some((keyColumn) => keyColumn.name === column));
}

function normal(type: string): string {
  return type.replace('timestamp with time zone', 'timestamptz').replaceAll(' ', '');
}
