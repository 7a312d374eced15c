import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { openDatabase } from '../storage/database.ts';

/** A database that starts together with the node (in a container, after a power cut) gets this long. */
const DATABASE_WAIT_MS_MAX = 60_000;
const RETRY_MS = 500;

/** `57P03`: PostgreSQL is starting up. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const MAY_COME_UP = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  '57P03',
]);

/** The configured database cannot be used. */
export class DatabaseUnavailableError extends Error {
  constructor(cause: unknown) {
    super(`the database of database.url cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'DatabaseUnavailableError';
  }
}

/** Resolves when the database takes a connection. Waits for one that is not there yet; a refusal (password, name) fails at once. */
export async function awaitDatabase(deps: { url: string; clock: Clock; log: Logger; waitMsMax?: number }): Promise<void> {
  const { url, clock, log, waitMsMax = DATABASE_WAIT_MS_MAX } = deps;
  const deadline = clock.monotonic() + waitMsMax;
  for (let attempt = 1; ; attempt++) {
    try {
      await using database = openDatabase({ url, maxConnections: 1 });
      const connection = await database.read.reserve();
      connection.release();
      return;
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (!MAY_COME_UP.has(String(code)) || clock.monotonic() > deadline) throw new DatabaseUnavailableError(error);
      if (attempt === 1) log.warn({ reason: (error as Error).message, atMostMs: waitMsMax }, 'waiting for the database');
      await clock.sleep(RETRY_MS);
    }
  }
}
