import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres/start-embedded-postgres.ts';
import { createLogger } from '../../src/platform/logger.ts';

// CPU time of this process per query, over a million queries: it must stay flat. An unpatched postgres.js 3.4.9 gets slower for ever.
const QUERIES = Number(process.argv[2] ?? 1_000_000);
const SECTIONS = 10;
const POOL_SIZE = 10;

const dataDir = await mkdtemp(path.join(tmpdir(), 'weft-bench-'));
const server = await startEmbeddedPostgres({ dataDir, log: createLogger({ level: 'warn' }), durable: false, maxConnections: 50 });
try {
  for (const inFlight of [4, 32]) console.log(`${inFlight} in flight: ${(await measure(inFlight)).join(' ')} µs CPU per query`);
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}

/** CPU microseconds per query, section by section. */
async function measure(inFlight: number): Promise<string[]> {
  const sql = postgres({ ...server.connection, max: POOL_SIZE, onnotice: () => {} });
  // With spare connections the queue of open ones never runs empty, as on a server.
  await Promise.all(Array.from({ length: POOL_SIZE }, () => sql`select pg_sleep(0.1)`));
  const sections: string[] = [];
  for (let section = 0; section < SECTIONS; section++) {
    const before = process.cpuUsage();
    let started = 0;
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (started++ < QUERIES / SECTIONS) await sql`select 1 as one`;
      }),
    );
    const { user, system } = process.cpuUsage(before);
    sections.push(((user + system) / (QUERIES / SECTIONS)).toFixed(1));
  }
  await sql.end();
  return sections;
}
