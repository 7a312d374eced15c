/**
 * Writes src/storage/schema.ts, the drizzle tables of the schema that the migrations make. Run it after adding a migration:
 * `npm run schema`. A suite compares the file with the database, so a forgotten run is noticed.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startEmbeddedPostgres } from '../src/app/embedded-postgres/start-embedded-postgres.ts';
import { createLogger } from '../src/platform/logger.ts';
import { openDatabase } from '../src/storage/database.ts';
import { migrate } from '../src/storage/migrate.ts';

const TARGET = path.join(import.meta.dirname, '../src/storage/schema.ts');
const HEADER = `/**
 * Every table as drizzle sees it. Generated from the migrations by \`npm run schema\`: do not edit. The migrations decide; this file is
 * for tools and for queries that are built rather than written.
 */
`;

const run = promisify(execFile);
const folder = await mkdtemp(path.join(tmpdir(), 'weft-schema-'));
const server = await startEmbeddedPostgres({ dataDir: folder, log: createLogger({ level: 'warn' }), durable: false });
try {
  {
    await using db = openDatabase(server.connection);
    await migrate(db.bulk);
  }
  const { host, port, username, database } = server.connection;
  const config = path.join(folder, 'drizzle.config.mjs');
  const credentials = { host, port: port ?? 5432, user: username, database, ssl: false };
  await writeFile(
    config,
    `export default ${JSON.stringify({ dialect: 'postgresql', out: path.join(folder, 'out'), dbCredentials: credentials })};`,
  );
  await run('drizzle-kit', ['pull', '--config', config], { cwd: path.join(import.meta.dirname, '..') });
  const pulled = await readFile(path.join(folder, 'out/schema.ts'), 'utf8');
  // Tables whose checks name no column have a parameter that nothing uses.
  const tidy = pulled.replace(/\(table\) => (\[[^\]]*\])/g, (whole, list: string) => (list.includes('table.') ? whole : `() => ${list}`));
  await writeFile(TARGET, HEADER + tidy);
  await run('biome', ['format', '--write', TARGET]);
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
