import { systemClock } from '../../platform/clock.ts';
import { createLogger, type Logger } from '../../platform/logger.ts';
import { systemRng } from '../../platform/rng.ts';
import { ListenError } from '../../http/listen.ts';
import { SlotTakenError } from '../../storage/leases/writer-lease.ts';
import { IncompatibleSchemaError } from '../../storage/migrate.ts';
import { DatabaseUnavailableError } from '../await-database.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/load-config.ts';
import { DataDirBusyError } from '../data-dir-lock.ts';
import { type CreateNode, startNode } from '../node-lifecycle.ts';
import { CliError } from './cli-error.ts';
import { programVersion } from './program-version.ts';

/** `weft start`: serves until SIGTERM or SIGINT (exit code 0) or until it cannot go on (exit code 1). */
export async function start(config: Config, createNode: CreateNode): Promise<void> {
  const log = createLogger({ level: config.log.level, format: config.log.format });
  exitOnBug(log);
  const asked = untilAskedToStop(log);
  log.info(
    { version: programVersion(), node: process.versions.node, server_name: config.server_name, data_dir: config.data_dir },
    'starting',
  );

  let node: Awaited<ReturnType<typeof startNode>>;
  try {
    node = await startNode({ config, log, clock: systemClock, rng: systemRng, createNode });
  } catch (error) {
    if (FOR_PEOPLE.some((kind) => error instanceof kind)) throw new CliError((error as Error).message, error);
    log.fatal({ err: error }, 'the server cannot start');
    process.exitCode = 1;
    return exitSoon();
  }
  // Fixed text, on one line, whatever the log's level and format: scripts wait for it.
  process.stdout.write(`weft ready ${node.urls.join(' ')}\n`);

  const ending = await Promise.race([asked, node.failed.then((reason) => ({ failed: reason }))]);
  if (typeof ending === 'object') {
    log.fatal({ reason: ending.failed }, 'the server cannot go on');
    process.exitCode = 1;
  } else {
    log.info({ signal: ending }, 'stopping');
  }
  await node[Symbol.asyncDispose]();
  log.info('stopped');
  exitSoon();
}

/** What keeps a server from starting and is not a fault of the program: the message says it all, a stack adds nothing. */
const FOR_PEOPLE = [ConfigError, DataDirBusyError, DatabaseUnavailableError, IncompatibleSchemaError, ListenError, SlotTakenError];

/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 1_000;

/** The first signal asks for a clean stop; a later one ends the process at once (the database still stops cleanly). */
function untilAskedToStop(log: Logger): Promise<NodeJS.Signals> {
  return new Promise((asked) => {
    let first: number | null = null;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        first ??= systemClock.monotonic();
        asked(signal);
        if (systemClock.monotonic() - first < SAME_SIGNAL_MS) return;
        log.warn('asked again to stop: leaving at once');
        process.exit(1);
      });
    }
  });
}

/** After a bug nothing in memory can be trusted. What was acknowledged is on disk; whoever runs the server starts it again. */
function exitOnBug(log: Logger): void {
  const die = (err: unknown): void => {
    log.fatal({ err }, 'a bug: the server ends');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}

/** Ends the process although something may still hold it (a keep-alive connection, a timer). */
function exitSoon(): void {
  systemClock.setTimeout(() => process.exit(), 500);
}
