import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import postgres from 'postgres';
import { start } from '../../src/app/cli/start.ts';
import { loadConfig } from '../../src/app/config/load-config.ts';
import type { NodeOptions, ServingNode } from '../../src/app/node-lifecycle.ts';

/**
 * `weft start` around a server of a few lines, so that the life of a node is specified apart from what it serves:
 * `GET /add` stores a row and answers once it is committed, `GET /count` counts them, `GET /slow` answers after a while,
 * `GET /bug` throws outside of any handler.
 */
async function createProbe(options: NodeOptions): Promise<ServingNode> {
  if (process.env.PROBE_FAILS !== undefined) throw new Error('the probe cannot start');
  const { url, ...connection } = options.database;
  const settings = { max: 2, onnotice: () => undefined };
  const sql = url === undefined ? postgres({ ...connection, ...settings }) : postgres(url, settings);
  await sql`create table if not exists probe (n int)`;
  const server = createServer((request, response) => {
    if (request.url === '/bug') setImmediate(() => void Promise.reject(new Error('a bug in the probe')));
    else if (request.url === '/slow') setTimeout(() => response.setHeader('connection', 'close').end('slow'), 500);
    else if (request.url === '/add')
      sql`insert into probe values (1)`.then(
        () => response.end('stored'),
        () => response.destroy(),
      );
    else if (request.url === '/key') response.end(options.signingKey.keyId);
    else
      sql`select count(*)::int as n from probe`.then(
        ([row]) => response.end(String(row?.n)),
        () => response.destroy(),
      );
  });
  return {
    async listen() {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return { urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] };
    },
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeIdleConnections();
      });
      await sql.end();
    },
  };
}

await start(loadConfig({ files: [], environment: process.env, workingFolder: process.cwd() }), createProbe);
