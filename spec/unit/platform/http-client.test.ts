import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { HttpClient } from '../../../src/platform/http-client.ts';

async function serve(listener: RequestListener, address = '127.0.0.1'): Promise<AsyncDisposable & { port: number; requests(): number }> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const open = (options: Partial<ConstructorParameters<typeof HttpClient>[0]> = {}) =>
  new HttpClient({ addresses: { allowPrivate: true }, userAgent: 'test', ...options });
const guarded = () => open({ addresses: { allowPrivate: false } });

test('sends the request and reads the answer', async () => {
  await using server = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      response.setHeader('x-test', 'yes');
      response.statusCode = 201;
      response.end(`${request.method} ${request.url} ${body} ${request.headers['user-agent']} ${request.headers.host}`);
    });
  });
  await using client = open();
  const answer = await client.request({
    method: 'PUT',
    url: `http://127.0.0.1:${server.port}/a?b=c`,
    body: '{}',
    headers: { host: 'matrix.example' },
  });
  expect(answer).toMatchObject({ status: 201, headers: { 'x-test': 'yes' } });
  expect(answer.body.toString()).toBe('PUT /a?b=c {} test matrix.example');
});

test.each([
  'http://127.0.0.1:%',
  'http://[::1]:%',
  'http://localhost:%',
  'http://2130706433:%',
  'http://[::ffff:127.0.0.1]:%',
  'http://0x7f.1:%',
])('a private target is refused: %s', async (target) => {
  await using server = await serve((_request, response) => void response.end());
  await using client = guarded();
  const url = target.replace('%', String(server.port));
  await expect(client.request({ method: 'GET', url })).rejects.toMatchObject({ failure: 'blocked' });
  expect(server.requests()).toBe(0);
});

test('a redirect passes the same gates', async () => {
  await using inner = await serve((_request, response) => void response.end('secret'));
  await using outer = await serve(
    (_request, response) => void response.writeHead(302, { location: `http://127.0.0.1:${inner.port}/` }).end(),
    '127.0.0.2',
  );
  // 127.0.0.2 stands for a public address.
  await using client = open({ addresses: { allowPrivate: false, allow: ['127.0.0.2/32'] } });
  const url = `http://127.0.0.2:${outer.port}/`;
  expect(await client.request({ method: 'GET', url })).toMatchObject({ status: 302 });
  await expect(client.request({ method: 'GET', url, redirectsMax: 3 })).rejects.toMatchObject({ failure: 'blocked' });
  expect(inner.requests()).toBe(0);
});

test('redirects are followed as far as allowed, and not for requests with effects', async () => {
  await using server = await serve((request, response) => {
    const left = Number(request.url?.slice(1));
    if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end();
    else response.end('here');
  });
  await using client = open();
  const url = `http://127.0.0.1:${server.port}/2`;
  expect((await client.request({ method: 'GET', url, redirectsMax: 2 })).body.toString()).toBe('here');
  expect(await client.request({ method: 'GET', url, redirectsMax: 1 })).toMatchObject({ status: 302 });
  expect(await client.request({ method: 'GET', url })).toMatchObject({ status: 302 });
  expect(await client.request({ method: 'POST', url, redirectsMax: 2 })).toMatchObject({ status: 302 });
});

test('an answer beyond the limit is refused', async () => {
  await using server = await serve((_request, response) => {
    response.write('x'.repeat(600));
    response.end('x'.repeat(600));
  });
  await using client = open({ responseBytesMax: 1_000 });
  const url = `http://127.0.0.1:${server.port}/`;
  await expect(client.request({ method: 'GET', url })).rejects.toMatchObject({ failure: 'too-large' });
  expect((await client.request({ method: 'GET', url, responseBytesMax: 1_200 })).body).toHaveLength(1_200);
});

test('silence ends in a timeout, an abort in an abort, a refused connection in a failed connection', async () => {
  await using server = await serve(() => undefined);
  await using client = open();
  const url = `http://127.0.0.1:${server.port}/`;
  await expect(client.request({ method: 'GET', url, timeoutMs: 20 })).rejects.toMatchObject({ failure: 'timeout' });
  const abort = new AbortController();
  const asking = client.request({ method: 'GET', url, signal: abort.signal });
  abort.abort();
  await expect(asking).rejects.toMatchObject({ failure: 'aborted' });
  await expect(client.request({ method: 'GET', url: 'http://127.0.0.1:1/' })).rejects.toMatchObject({ failure: 'connect' });
});

test('a body that stops half-way ends in a failure', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  await using client = open();
  await expect(client.request({ method: 'GET', url: `http://127.0.0.1:${server.port}/` })).rejects.toMatchObject({ failure: 'connect' });
});

test.each(['file:///etc/passwd', 'ftp://example.org', 'nonsense'])('%s is no target', async (url) => {
  await using client = open();
  await expect(client.request({ method: 'GET', url })).rejects.toMatchObject({ failure: 'protocol' });
});
