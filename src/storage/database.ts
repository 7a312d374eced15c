import postgres, { type Sql } from 'postgres';
import type { Metrics } from '../platform/metrics.ts';

/** Connections for reads and short own transactions. */
const READ_CONNECTIONS = 6;
/** Joins, backfill and other bulk work, so that they never delay a send. */
const BULK_CONNECTIONS = 2;
const RECONNECT_DELAY_S_MAX = 1;

export interface DatabaseOptions {
  /** `postgres://…`; or a socket folder through `host`. */
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly username?: string;
  readonly password?: string;
  /** Counts statements, for benchmarks: the driver then keeps a stack trace for each one. */
  readonly countStatements?: boolean;
  /** Default: `READ_CONNECTIONS`. */
  readonly maxConnections?: number;
}

/**
 * The handles of one node. `read` is a pool; `commit` is one connection that only the committer uses, so that its
 * transactions are pipelined; `bulk` is for chunked background work.
 */
export interface DatabaseHandles extends AsyncDisposable {
  readonly read: Sql;
  readonly commit: Sql;
  readonly bulk: Sql;
  /** Statements sent so far; stays 0 without `countStatements`. */
  readonly statements: () => number;
  /** Resolves when the database answers. */
  readonly ping: () => Promise<void>;
}

export function openDatabase(options: DatabaseOptions, metrics?: Metrics): DatabaseHandles {
  let statements = 0;
  const open = (name: string, max: number): Sql =>
    connect(options, {
      name,
      max,
      onStatement: () => {
        statements++;
      },
    });
  const read = open('weft', options.maxConnections ?? READ_CONNECTIONS);
  const commit = open('weft-commit', 1);
  const bulk = open('weft-bulk', BULK_CONNECTIONS);
  metrics?.observed({ name: 'database_statements', help: 'SQL statements sent since the start.', read: () => statements });
  return {
    read,
    commit,
    bulk,
    statements: () => statements,
    ping: async () => {
      await read`select 1`;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([read.end({ timeout: 5 }), commit.end({ timeout: 5 }), bulk.end({ timeout: 5 })]);
    },
  };
}

/** Seconds. The driver counts each socket that breaks as an attempt, so ten that break together must not lead to a long wait. */
function reconnectDelay(attempts: number): number {
  return Math.min(0.05 * 2 ** attempts, RECONNECT_DELAY_S_MAX);
}

function connect(options: DatabaseOptions, settings: { name: string; max: number; onStatement: () => void }): Sql {
  const { url, host, port, database, username, password } = options;
  const common = {
    max: settings.max,
    idle_timeout: 0,
    connect_timeout: 10,
    max_lifetime: null,
    backoff: reconnectDelay,
    onnotice: () => undefined,
    ...(options.countStatements === true ? { debug: settings.onStatement } : {}),
    connection: { application_name: settings.name, TimeZone: 'UTC' },
    types: {
      // Every bigint of the schema stays below 2^53, so it is a JS number.
      bigint: { to: 20, from: [20], parse: Number, serialize: String },
    },
  };
  if (url !== undefined) return postgres(url, common) as unknown as Sql;
  return postgres({
    ...common,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(database === undefined ? {} : { database }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  }) as unknown as Sql;
}
