import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { testDatabase } from './database.ts';
import { startServer, type TestServer } from './server.ts';

/** A server that can stop and start again on the same database, keys and port, as after an upgrade. */
export interface SdkNode extends AsyncDisposable {
  readonly url: string;
  readonly serverName: string;
  /** Stops the server, waits until it is gone, starts another one in its place. */
  restart(): Promise<void>;
}

export async function startSdkNode(config: { readonly [section: string]: unknown } = {}): Promise<SdkNode> {
  await using cleanUp = new AsyncDisposableStack();
  const database = cleanUp.use(await testDatabase());
  const dataDir = await mkdtemp(path.join(tmpdir(), 'weft-sdk-'));
  cleanUp.defer(() => rm(dataDir, { recursive: true, force: true }));
  const listeners = [{ port: await freePort(), bind: '127.0.0.1' }];
  const start = () => startServer({ database, dataDir, config: { listeners, ...config } });
  let server: TestServer = await start();
  cleanUp.defer(() => server[Symbol.asyncDispose]());
  const running = cleanUp.move();
  return {
    url: server.url,
    serverName: server.serverName,
    async restart() {
      await server[Symbol.asyncDispose]();
      server = await start();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** A port that nobody uses; the clients of a server keep its URL across restarts. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
