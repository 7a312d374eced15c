import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = path.join(import.meta.dirname, '../../src/app/main.ts');
/** Lines of output that are kept for error messages. */
const OUTPUT_LINES_MAX = 200;

export interface NodeProcessOptions {
  /** Holds the configuration and, below `data`, everything the node keeps. */
  readonly folder: string;
  readonly port: number;
  /** Keys of the configuration that replace the defaults below. */
  readonly config?: { readonly [section: string]: unknown };
  /** Program that is started in place of `src/app/main.ts`, with the same arguments. */
  readonly program?: string;
  /** Arguments for Node itself. */
  readonly execArgv?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A node as operators run it: `weft start` in a process of its own. */
export interface NodeProcess {
  readonly pid: number;
  readonly url: string;
  /** ms from the start of the process to its line `weft ready`. */
  readonly readyMs: number;
  readonly output: readonly string[];
  /** Exit code or signal. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** SIGKILL: no farewell. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, then waits for the end. */
  stop(): Promise<number | NodeJS.Signals>;
}

/** A process that may not have come up yet. */
export interface StartingNode {
  readonly child: ChildProcess;
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly ready: Promise<NodeProcess>;
}

const DEFAULTS = {
  server_name: 'weft.test',
  registration: { enabled: true },
  rate_limits: { enabled: false },
  log: { level: 'warn', format: 'json' },
  federation: { enabled: false },
};

export const dataDirOf = (folder: string): string => path.join(folder, 'data');

export async function launchNode(options: NodeProcessOptions): Promise<StartingNode> {
  const { folder, port } = options;
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'config.yaml');
  const listeners = [{ port, bind: '127.0.0.1', serve: ['client', 'admin', 'metrics'] }];
  await writeFile(file, JSON.stringify({ ...DEFAULTS, data_dir: dataDirOf(folder), listeners, ...options.config }));
  const started = performance.now();
  const child = spawn(process.execPath, [...(options.execArgv ?? []), options.program ?? MAIN, 'start', '--config', file], {
    cwd: folder,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const up = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      output.push(line);
      if (output.length > OUTPUT_LINES_MAX) output.shift();
      const url = /^weft ready (\S+)$/.exec(line)?.[1];
      if (url !== undefined) up.resolve(url);
    });
  }
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const ready = Promise.race([
    up.promise,
    exited.then((how) => {
      throw new Error(`the node ended (${how}) before it was ready:\n${output.join('\n')}`);
    }),
  ]).then((url): NodeProcess => {
    const end = async (signal: NodeJS.Signals): Promise<number | NodeJS.Signals> => {
      child.kill(signal);
      return exited;
    };
    return {
      pid: child.pid ?? 0,
      url,
      readyMs: performance.now() - started,
      output,
      exited,
      kill: async () => void (await end('SIGKILL')),
      stop: () => end('SIGTERM'),
    };
  });
  ready.catch(() => undefined);
  return { child, exited, ready };
}

export async function startNodeProcess(options: NodeProcessOptions): Promise<NodeProcess> {
  return (await launchNode(options)).ready;
}

/** A TCP port of this machine that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Process number of the embedded database below a data folder; null when there is none. */
export async function postmasterPid(dataDir: string): Promise<number | null> {
  const text = await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return pid > 0 ? pid : null;
}
