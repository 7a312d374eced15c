import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DataDirBusyError, lockDataDir } from '../../src/app/data-dir-lock.ts';
import { socketFolder } from '../../src/app/embedded-postgres/socket-folder.ts';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres/start-embedded-postgres.ts';
import { silentLogger } from '../../src/platform/logger.ts';

const log = silentLogger;
let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'weft-embedded-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('is durable, speaks UTF-8, sorts by code point, and listens on no network', async () => {
  await using server = await startEmbeddedPostgres({ dataDir: path.join(root, 'plain'), log });
  const sql = postgres({ ...server.connection, max: 1 });
  const [row] = await sql`
    select current_setting('server_encoding') as encoding, current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
           current_setting('listen_addresses') as listen, (select datcollate from pg_database where datname = current_database()) as collation`;
  expect(row).toEqual({ encoding: 'UTF8', fsync: 'on', commit: 'on', listen: '', collation: 'C' });
  await sql.end();
  expect((await stat(server.connection.host)).mode & 0o077).toBe(0);
});

test('a long path does not matter', async () => {
  const dataDir = path.join(root, 'x'.repeat(120), 'y'.repeat(120));
  await using _lock = await lockDataDir(dataDir);
  const server = await startEmbeddedPostgres({ dataDir, log, durable: false });
  const sql = postgres({ ...server.connection, max: 1 });
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  await sql.end();
  await server.stop();
  await expect(lockDataDir(dataDir)).rejects.toThrow(DataDirBusyError);
  for (const name of ['socket', 'lock']) await rm(await socketFolder(dataDir, name), { recursive: true });
});

test('a first start that was cut short is made again', async () => {
  const dataDir = path.join(root, 'cut');
  await mkdir(path.join(dataDir, 'postgres.new'), { recursive: true });
  await writeFile(path.join(dataDir, 'postgres.new/PG_VERSION'), '18\n');
  await using _server = await startEmbeddedPostgres({ dataDir, log, durable: false });
});

test("an admin's own settings win", async () => {
  const dataDir = path.join(root, 'settings');
  const first = await startEmbeddedPostgres({ dataDir, log, durable: false });
  await first.stop();
  await writeFile(path.join(dataDir, 'postgres/postgresql.local.conf'), "work_mem = '13MB'\n");
  await using server = await startEmbeddedPostgres({ dataDir, log, durable: false });
  const sql = postgres({ ...server.connection, max: 1 });
  expect(await sql`show work_mem`).toEqual([{ work_mem: '13MB' }]);
  await sql.end();
});

test('a folder of another major version is refused untouched', async () => {
  const dataDir = path.join(root, 'old');
  await mkdir(path.join(dataDir, 'postgres'), { recursive: true });
  const file = path.join(dataDir, 'postgres/PG_VERSION');
  await writeFile(file, '12\n');
  await expect(startEmbeddedPostgres({ dataDir, log })).rejects.toThrow('was made by PostgreSQL 12');
  expect(await readFile(file, 'utf8')).toBe('12\n');
});

test('settings that PostgreSQL refuses are shown', async () => {
  const dataDir = path.join(root, 'broken');
  const first = await startEmbeddedPostgres({ dataDir, log, durable: false });
  await first.stop();
  await writeFile(path.join(dataDir, 'postgres/postgresql.local.conf'), 'no_such_setting = 1\n');
  await expect(startEmbeddedPostgres({ dataDir, log, durable: false })).rejects.toThrow('no_such_setting');
});

test('the lock of a folder is free again when it is given back', async () => {
  const dataDir = path.join(root, 'lock');
  {
    await using _lock = await lockDataDir(dataDir);
    await expect(lockDataDir(dataDir)).rejects.toThrow(`(pid ${process.pid})`);
  }
  await using _again = await lockDataDir(dataDir);
});

test('of many who want a folder at the same time, one gets it', async () => {
  const dataDir = path.join(root, 'race');
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(dataDir)));
  const held = results.filter((result) => result.status === 'fulfilled');
  expect(held).toHaveLength(1);
  await held[0]?.value[Symbol.asyncDispose]();
});
