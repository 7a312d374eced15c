import type { Sql } from 'postgres';

/** Rows of every table but those left out, by name: equal before and after a request that was refused. */
export async function rowCounts(sql: Sql, without: readonly string[] = []): Promise<{ readonly [table: string]: number }> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' order by table_name`;
  const selects = tables
    .filter(({ name }) => !without.includes(name))
    .map(({ name }) => `select '${name}' as name, count(*)::int as rows from "${name}"`);
  const counts = await sql.unsafe<{ name: string; rows: number }[]>(selects.join(' union all '));
  return Object.fromEntries(counts.map(({ name, rows }) => [name, rows]));
}
