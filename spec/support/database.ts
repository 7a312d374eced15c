import { randomBytes } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { inject } from 'vitest';
import type { DatabaseOptions } from '../../src/storage/database.ts';
import { migrate } from '../../src/storage/migrate.ts';

export interface TestDatabase extends AsyncDisposable {
  /** For `openDatabase`, `createNode` and postgres.js itself. */
  readonly options: DatabaseOptions & { readonly host: string; readonly database: string };
  /** A small pool of its own, for what a test wants to look at behind the program's back. */
  readonly sql: Sql;
}

/** Databases with the current schema are copies of this one. */
const TEMPLATE = 'weft_template';
/** One test process at a time makes a database: PostgreSQL refuses to copy one that is in use. */
const TEMPLATE_LOCK = 0x57656675;

/**
 * A database that nobody else uses, dropped at the end: `await using database = await testDatabase()`, or kept by a file in
 * `beforeAll` and disposed in `afterAll`. It has the current schema unless `schema` is 'empty'.
 */
export async function testDatabase({ schema = 'current' }: { schema?: 'current' | 'empty' } = {}): Promise<TestDatabase> {
  const server = inject('databaseServer');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await using admin = open(server);
  await admin.sql`select pg_advisory_lock(${TEMPLATE_LOCK})`;
  if (schema === 'current') await makeTemplate(server, admin.sql);
  await admin.sql`create database ${admin.sql(name)} template ${admin.sql(schema === 'current' ? TEMPLATE : 'template0')}`;

  const options = { ...server, host: server.host ?? '', database: name };
  const own = open(options, 4);
  return {
    options,
    sql: own.sql,
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]();
      await using last = open(server);
      await last.sql`drop database ${last.sql(name)} with (force)`;
    },
  };
}

/** Ends a failed attempt by its name: only a template that migrated to its end is called TEMPLATE. */
async function makeTemplate(server: DatabaseOptions, admin: Sql): Promise<void> {
  const made = await admin`select from pg_database where datname = ${TEMPLATE}`;
  if (made.length > 0) return;
  const unfinished = `${TEMPLATE}_${randomBytes(4).toString('hex')}`;
  await admin`create database ${admin(unfinished)} template template0`;
  {
    await using database = open({ ...server, database: unfinished }, 2);
    await migrate(database.sql);
  }
  await admin`alter database ${admin(unfinished)} rename to ${admin(TEMPLATE)}`;
}

function open(options: DatabaseOptions, max = 1): AsyncDisposable & { sql: Sql } {
  const sql = postgres({
    ...options,
    max,
    onnotice: () => undefined,
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
  }) as unknown as Sql;
  return { sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }) };
}
