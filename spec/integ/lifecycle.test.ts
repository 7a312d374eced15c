import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

let root: string;
const started = new Set<ChildProcess>();

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'weft-lifecycle-'));
});

afterAll(async () => {
  for (const child of started) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  await rm(root, { recursive: true, force: true, maxRetries: 20 });
});

interface Node {
  child: ChildProcess;
  url: string;
  output: string[];
  exited: Promise<number | NodeJS.Signals | null>;
  get(what: string): Promise<string>;
}

function launch(dataDir: string, environment: Record<string, string> = {}): Omit<Node, 'url' | 'get'> & { ready: Promise<string> } {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'lifecycle-program.ts')], {
    env: { ...process.env, WEFT__DATA_DIR: dataDir, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  const output: string[] = [];
  const ready = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      output.push(line);
      const url = /^weft ready (\S+)$/.exec(line)?.[1];
      if (url !== undefined) ready.resolve(url);
    });
  }
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null);
  return { child, output, exited, ready: ready.promise };
}

async function run(dataDir: string): Promise<Node> {
  const node = launch(dataDir);
  const url = await Promise.race([
    node.ready,
    node.exited.then((how) => {
      throw new Error(`the node ended (${how}) before it was ready:\n${node.output.join('\n')}`);
    }),
  ]);
  return { ...node, url, get: async (what) => (await fetch(`${url}/${what}`)).text() };
}

async function postmasterPid(dataDir: string): Promise<number> {
  return Number((await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** Resolves when the process is gone. */
async function gone(pid: number): Promise<void> {
  await vi.waitFor(
    () => {
      expect(() => process.kill(pid, 0)).toThrow();
    },
    { timeout: 30_000 },
  );
}

describe('a first start and a clean stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: answers what is under way, stops the database, exits with 0, and starts again',
    async (signal) => {
      const dataDir = path.join(root, signal);
      const first = await run(dataDir);
      expect(await first.get('add')).toBe('stored');
      const key = await first.get('key');
      const pid = await postmasterPid(dataDir);
      const slow = first.get('slow');
      await first.get('count');
      first.child.kill(signal);
      expect(await slow).toBe('slow');
      expect(await first.exited).toBe(0);
      await gone(pid);
      expect(existsSync(path.join(dataDir, 'postgres/postmaster.pid'))).toBe(false);

      const keyFile = path.join(dataDir, 'signing.key');
      expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
      expect(await readFile(keyFile, 'utf8')).toMatch(/^ed25519 a_[A-Za-z0-9]{4} [A-Za-z0-9+/]{43}\n$/);
      expect((await stat(dataDir)).mode & 0o777).toBe(0o700);

      const second = await run(dataDir);
      expect(await second.get('count')).toBe('1');
      expect(await second.get('key')).toBe(key);
      second.child.kill('SIGTERM');
      expect(await second.exited).toBe(0);
    },
  );
});

describe('a node that is killed', () => {
  test('its database stops by itself', async () => {
    const dataDir = path.join(root, 'orphan');
    const node = await run(dataDir);
    const pid = await postmasterPid(dataDir);
    node.child.kill('SIGKILL');
    await gone(pid);
  });

  test('starts again at once, with everything that was acknowledged', async () => {
    const dataDir = path.join(root, 'killed');
    for (let life = 1; life <= 3; life++) {
      const node = await run(dataDir);
      expect(await node.get('count')).toBe(String(life - 1));
      expect(await node.get('add')).toBe('stored');
      node.child.kill('SIGKILL');
      await node.exited;
    }
  });

  test('together with its database: recovers', async () => {
    const dataDir = path.join(root, 'crashed');
    const node = await run(dataDir);
    await node.get('add');
    process.kill(await postmasterPid(dataDir), 'SIGKILL');
    node.child.kill('SIGKILL');
    await node.exited;
    const next = await run(dataDir);
    expect(await next.get('count')).toBe('1');
    next.child.kill('SIGTERM');
    expect(await next.exited).toBe(0);
  });

  test('a pid file whose number now belongs to another program is no obstacle', async () => {
    const dataDir = path.join(root, 'stale');
    const node = await run(dataDir);
    const cluster = path.join(dataDir, 'postgres');
    node.child.kill('SIGTERM');
    await node.exited;
    await writeFile(path.join(cluster, 'postmaster.pid'), `${process.pid}\n${cluster}\n1700000000\n5432\n/tmp\n\n\nready   \n`);
    const next = await run(dataDir);
    next.child.kill('SIGTERM');
    expect(await next.exited).toBe(0);
  });
});

test('a second node on the same folder is refused and the first goes on', async () => {
  const dataDir = path.join(root, 'shared');
  const first = await run(dataDir);
  const second = launch(dataDir);
  expect(await second.exited).toBe(1);
  expect(second.output.join('\n')).toContain(`weft node (pid ${first.child.pid}) already runs on ${dataDir}`);
  expect(await first.get('add')).toBe('stored');
  first.child.kill('SIGTERM');
  expect(await first.exited).toBe(0);
});

test('a node whose database dies says so and ends with an error', async () => {
  const dataDir = path.join(root, 'database-dies');
  const node = await run(dataDir);
  process.kill(await postmasterPid(dataDir), 'SIGQUIT');
  expect(await node.exited).toBe(1);
  expect(node.output.join('\n')).toContain('PostgreSQL ended unexpectedly');
});

test('a start that fails stops what it had started', async () => {
  const dataDir = path.join(root, 'fails');
  const node = launch(dataDir, { PROBE_FAILS: 'yes' });
  expect(await node.exited).toBe(1);
  expect(node.output.join('\n')).toContain('the probe cannot start');
  expect(existsSync(path.join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
});

test('a bug ends the node with an error, and the database cleanly', async () => {
  const dataDir = path.join(root, 'bug');
  const node = await run(dataDir);
  const pid = await postmasterPid(dataDir);
  await node.get('bug').catch(() => undefined);
  expect(await node.exited).toBe(1);
  expect(node.output.join('\n')).toContain('a bug in the probe');
  await gone(pid);
});

test('a damaged signing key is never replaced', async () => {
  const dataDir = path.join(root, 'key');
  const keyFile = path.join(root, 'damaged.key');
  await writeFile(keyFile, 'nonsense\n');
  const node = launch(dataDir, { WEFT__SIGNING_KEY_FILE: keyFile });
  expect(await node.exited).toBe(1);
  expect(node.output.join('\n')).toContain('damaged.key is not a file of signing keys');
  expect(await readFile(keyFile, 'utf8')).toBe('nonsense\n');
});
