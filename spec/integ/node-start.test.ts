import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awaitDatabase } from '../../src/app/await-database.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Logger } from '../../src/platform/logger.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { freePort, launchNode, type NodeProcessOptions, startNodeProcess } from '../support/node-process.ts';

let root: string;
let database: TestDatabase;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'weft-start-'));
  database = await testDatabase({ schema: 'empty' });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true, maxRetries: 20 });
});

/** A node on the test's database; the driver takes the address from the environment. */
async function onDatabase(name: string): Promise<NodeProcessOptions> {
  const { host, port, username = '', database: own } = database.options;
  return {
    folder: path.join(root, name),
    port: await freePort(),
    config: { database: { url: `postgres:///${own}` } },
    environment: { PGHOST: host, PGUSER: username, ...(port === undefined ? {} : { PGPORT: String(port) }) },
  };
}

describe('nodes on a database that is elsewhere', () => {
  test('two do not share a data folder', async () => {
    const options = await onDatabase('shared');
    const first = await startNodeProcess(options);
    const second = await launchNode({ ...options, port: await freePort() });
    await expect(second.ready).rejects.toThrow(`weft node (pid ${first.pid}) already runs on`);
    expect(await second.exited).toBe(1);
    expect(await (await fetch(`${first.url}/health`)).json()).toEqual({ status: 'ok' });
    expect(await first.stop()).toBe(0);
  });

  test('one that lost the right to write ends with an error', async () => {
    const node = await startNodeProcess(await onDatabase('fenced'));
    await database.sql`update writer_slot set epoch = epoch + 1, node = 'another'`;
    expect(await node.exited).toBe(1);
    expect(node.output.join('\n')).toContain('another node writes to the database now');
    await database.sql`update writer_slot set expires_at = now()`;
  });

  test('a port that another program has is named, without a stack', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const node = await launchNode({ ...(await onDatabase('port')), port });
    expect(await node.exited).toBe(1);
    await expect(node.ready).rejects.toThrow(`\nweft: cannot listen on 127.0.0.1:${port}: another program has this port`);
    taken.close();
  });
});

describe('a configured database', () => {
  test('that refuses is an error at once', async () => {
    const options = await onDatabase('refused');
    const node = await launchNode({ ...options, config: { database: { url: 'postgres:///not-there' } } });
    expect(await node.exited).toBe(1);
    await expect(node.ready).rejects.toThrow('\nweft: the database of database.url cannot be used: database "not-there" does not exist');
  });

  test('that is not there yet is waited for, and one that never comes is an error', async () => {
    const port = await freePort();
    const warnings: unknown[] = [];
    const log = { ...silentLogger, warn: (...line: unknown[]) => void warnings.push(line) } as Logger;
    const late = awaitDatabase({ url: `postgres://weft@127.0.0.1:${port}/weft`, clock: systemClock, log, waitMsMax: 700 });
    await expect(late).rejects.toThrow(`cannot be used: connect ECONNREFUSED 127.0.0.1:${port}`);
    expect(warnings).toHaveLength(1);
  });
});

test('the server ends with the shell that npx puts around it', async () => {
  const folder = path.join(root, 'npx');
  await mkdir(folder, { recursive: true });
  const program = path.join(import.meta.dirname, '../../bin/weft.js');
  const shell = spawn('/bin/sh', ['-c', `"${process.execPath}" "${program}" start; true`], {
    cwd: folder,
    env: {
      ...process.env,
      npm_command: 'exec',
      WEFT__LISTENERS: JSON.stringify([{ port: 0, bind: '127.0.0.1', serve: ['client'] }]),
      WEFT__LOG__FORMAT: 'json',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const ready = Promise.withResolvers<void>();
  shell.stdout.on('data', (text: Buffer) => {
    output += String(text);
    if (output.includes('\nweft ready ')) ready.resolve();
  });
  await ready.promise;
  shell.kill('SIGTERM');
  // The pipe closes when the last process that writes to it has ended.
  await once(shell.stdout, 'close');
  expect(output).toContain('"msg":"stopped"');
});
