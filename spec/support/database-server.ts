import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres/start-embedded-postgres.ts';
import { createLogger } from '../../src/platform/logger.ts';
import type { DatabaseOptions } from '../../src/storage/database.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** How the administrator of the run's database server connects. */
    databaseServer: DatabaseOptions;
  }
}

/** One PostgreSQL for a whole test run, without fsync; it ends with the run, however that ends. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'weft-test-'));
  const server = await startEmbeddedPostgres({ dataDir, log: createLogger({ level: 'warn' }), durable: false, maxConnections: 300 });
  project.provide('databaseServer', { ...server.connection });
  return async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
