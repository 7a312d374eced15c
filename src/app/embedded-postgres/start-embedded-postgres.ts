import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { findPostgresBinaries, type PostgresBinaries } from './binaries.ts';
import { stopLeftoverPostgres } from './leftover-postgres.ts';
import { chooseLauncher, type Launcher } from './launcher.ts';
import { postgresqlConf } from './postgresql-conf.ts';
import { socketFolder } from './socket-folder.ts';

/** How to reach the database; accepted by postgres.js as it is. */
interface EmbeddedConnection {
  /** Folder of the unix socket. */
  host: string;
  port: number;
  username: string;
  database: string;
}

export interface EmbeddedPostgres extends AsyncDisposable {
  connection: EmbeddedConnection;
  pid: number;
  /** Resolves when PostgreSQL ends without having been asked to, with a sentence that says how. */
  died: Promise<string>;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  stop: () => Promise<void>;
}

/** Crash recovery replays at most `max_wal_size`; beyond this something is wrong. */
const READY_MS_MAX = 10 * 60_000;
/** A shutdown that takes longer is turned into an immediate one, which costs a recovery at the next start and no data. */
const STOP_MS_MAX = 30_000;
const USER = 'weft';
/** The cluster serves this one purpose, so the database that initdb makes is enough. */
const DATABASE = 'postgres';

/**
 * PostgreSQL as a child of this process: data in `<dataDir>/postgres`, one private unix socket, no TCP. Makes the cluster on
 * the first start. The caller holds the lock of `dataDir` (`lockDataDir`).
 *
 * `durable: false` trades safety for speed and is for tests only.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: Logger;
  durable?: boolean;
  maxConnections?: number;
}): Promise<EmbeddedPostgres> {
  const log = options.log.child({ part: 'embedded-postgres' });
  const dataDir = resolve(options.dataDir);
  const cluster = join(dataDir, 'postgres');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const binaries = await findPostgresBinaries(dataDir);
  const launcher = await chooseLauncher({ dataDir, binaries });
  log.debug({ how: launcher.name }, 'starting PostgreSQL');

  await stopLeftoverPostgres({ cluster, log });
  await makeCluster({ cluster, binaries, launcher, log });
  await checkVersion(cluster, binaries);
  const sockets = await socketFolder(dataDir, 'socket');
  const conf = join(cluster, 'postgresql.conf');
  await writeFile(conf, postgresqlConf({ sockets, durable: options.durable ?? true, maxConnections: options.maxConnections ?? 60 }));
  await launcher.own([cluster, conf, sockets]);

  const server = launch({ binaries, launcher, cluster, log });
  const connection = { host: sockets, port: 5432, username: USER, database: DATABASE };
  let pid: number;
  try {
    pid = await untilReady(server, cluster, log);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { connection, pid, died: server.died, stop: server.stop, [Symbol.asyncDispose]: server.stop };
}

/** Runs initdb beside the final place and moves the result there, so that a crash in between leaves nothing half made. */
async function makeCluster({
  cluster,
  binaries,
  launcher,
  log,
}: {
  cluster: string;
  binaries: PostgresBinaries;
  launcher: Launcher;
  log: Logger;
}): Promise<void> {
  if (existsSync(join(cluster, 'PG_VERSION'))) return;
  log.info({ folder: cluster }, 'making the database (first start)');
  const fresh = `${cluster}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await launcher.own([fresh]);
  await launcher.run([
    join(binaries.bin, 'initdb'),
    ...[
      '-D',
      fresh,
      '-U',
      USER,
      '--auth=trust',
      '--encoding=UTF8',
      '--locale-provider=libc',
      '--locale=C',
      '--text-search-config=pg_catalog.simple',
    ],
  ]);
  await rename(fresh, cluster);
}

async function checkVersion(cluster: string, binaries: PostgresBinaries): Promise<void> {
  const made = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (made === binaries.major) return;
  throw new Error(
    `the database in ${cluster} was made by PostgreSQL ${made}, and this is PostgreSQL ${binaries.major}: ` +
      'start the version of weft that made it, export the data, and import it into the new one',
  );
}

interface RunningServer {
  process: ChildProcess;
  died: Promise<string>;
  lastLines: string[];
  stop: () => Promise<void>;
}

/**
 * Ends PostgreSQL when this process ends, however it ends: the wrapper waits at a pipe whose other end only this process
 * holds. Portable, where a parent-death signal is not.
 */
const WRAPPER = `exec 3<&0
"$@" 3<&- </dev/null & pid=$!
( cat <&3 >/dev/null; kill -INT $pid ) 2>/dev/null &
exec 3<&-
wait $pid`;

function launch({
  binaries,
  launcher,
  cluster,
  log,
}: {
  binaries: PostgresBinaries;
  launcher: Launcher;
  cluster: string;
  log: Logger;
}): RunningServer {
  const [command, ...args] = launcher.wrap(['/bin/sh', '-c', WRAPPER, 'weft-postgres', join(binaries.bin, 'postgres'), '-D', cluster]);
  if (command === undefined) throw new Error('nothing to run');
  const child = spawn(command, args, {
    cwd: '/',
    env: { ...process.env, ...binaries.env, LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['pipe', 'ignore', 'pipe'],
    // A group of its own: Ctrl-C at a terminal must reach the node first, which then stops the database last.
    detached: true,
  });
  child.stdin.on('error', () => undefined);
  const lastLines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastLines.push(line);
    if (lastLines.length > 30) lastLines.shift();
    logLine(log, line);
  });
  const ended = new Promise<string>((done) => {
    child.once('error', (error) => done(error.message));
    child.once('exit', (code, signal) => done(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    child.stdin.end();
    using _late = systemClock.setTimeout(() => void killNow(cluster, log), STOP_MS_MAX);
    await ended;
  };
  const died = new Promise<string>((done) => void ended.then((how) => stopping === null && done(`PostgreSQL ended unexpectedly (${how})`)));
  return { process: child, died, lastLines, stop: () => (stopping ??= stop()) };
}

/** SIGQUIT: immediate shutdown. */
async function killNow(cluster: string, log: Logger): Promise<void> {
  const pid = await readPostmasterPid(cluster);
  log.warn({ pid }, 'PostgreSQL does not stop; ending it at once');
  if (pid !== null) process.kill(pid.pid, 'SIGQUIT');
}

/** PostgreSQL writes `ready` into its pid file when it takes connections. */
async function untilReady(server: RunningServer, cluster: string, log: Logger): Promise<number> {
  const start = systemClock.monotonic();
  const end: { how: string | null } = { how: null };
  void server.died.then((how) => {
    end.how = how;
  });
  for (let lookAt = 1; ; lookAt++) {
    const state = await readPostmasterPid(cluster);
    if (state?.ready === true) return state.pid;
    if (end.how !== null) throw new Error(`${end.how}:\n${server.lastLines.join('\n')}`);
    const waited = systemClock.monotonic() - start;
    if (waited > READY_MS_MAX) throw new Error(`PostgreSQL is not ready after ${READY_MS_MAX} ms:\n${server.lastLines.join('\n')}`);
    if (lookAt % 500 === 0)
      log.info({ seconds: Math.round(waited / 1000) }, 'PostgreSQL is not ready yet (it may be recovering after a crash)');
    await new Promise((resume) => setTimeout(resume, 10));
  }
}

async function readPostmasterPid(cluster: string): Promise<{ pid: number; ready: boolean } | null> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, ready: lines[7]?.trim() === 'ready' } : null;
}

/** Errors of single statements reach whoever sent them; here they are detail. */
function logLine(log: Logger, line: string): void {
  if (/^(FATAL|PANIC):/.test(line)) log.error(line);
  else if (line.startsWith('WARNING:')) log.warn(line);
  else log.debug(line);
}
