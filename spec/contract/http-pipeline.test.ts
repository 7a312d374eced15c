import { type IncomingMessage, request as httpRequest } from 'node:http';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MatrixError } from '../../src/core/errors/matrix-error.ts';
import type { ServerName, UserId } from '../../src/core/ids/brands.ts';
import { bindEndpoints } from '../../src/http/bound-endpoint.ts';
import { createHttpApp, type HttpAppOptions } from '../../src/http/http-app.ts';
import { type Listening, listen } from '../../src/http/listen.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLogger, silentLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { endpointFactory, type Requester, reply } from '../../src/plugin-api/endpoint.ts';

const define = endpointFactory<{ greeting: string }>();
const ALICE: Requester = {
  userId: '@alice:test' as UserId,
  deviceId: null,
  tokenId: 1,
  isGuest: false,
  isAdmin: false,
  isSuspended: false,
  appserviceId: null,
};

const ENDPOINTS = [
  define({ method: 'GET', path: '/_matrix/client/v3/hello', auth: 'none', handler: ({ deps }) => ({ hello: deps.greeting }) }),
  define({ method: 'GET', path: '/_matrix/client/v3/me', auth: 'user', handler: ({ requester }) => ({ me: requester.userId }) }),
  define({ method: 'PUT', path: '/_matrix/client/v3/me', auth: 'user', handler: () => ({}) }),
  define({ method: 'POST', path: '/_matrix/client/v3/logout', auth: 'guest', handler: () => ({}), whileSuspended: true }),
  define({
    method: 'GET',
    path: '/_matrix/client/v3/maybe',
    auth: 'optional',
    handler: ({ requester }) => ({ me: requester?.userId ?? null }),
  }),
  define({ method: 'GET', path: '/_synapse/admin/v1/thing', auth: 'admin', handler: () => ({}) }),
  define({
    method: 'GET',
    path: '/_matrix/client/v3/rooms/:roomId/state/:eventType/:stateKey',
    aliases: ['/_matrix/client/v3/rooms/:roomId/state/:eventType'],
    auth: 'none',
    handler: ({ params }) => ({ ...params }),
  }),
  define({
    method: 'GET',
    path: '/_matrix/client/v3/rooms/:roomId/event/:eventId',
    auth: 'none',
    handler: ({ params }) => ({ ...params }),
  }),
  define({
    method: 'POST',
    path: '/_matrix/client/v3/body',
    auth: 'none',
    bodyLimit: 2_000,
    body: Type.Object({ name: Type.String(), deep: Type.Optional(Type.Object({ n: Type.Integer() })) }),
    handler: ({ body }) => ({ name: body.name }),
  }),
  define({
    method: 'POST',
    path: '/_matrix/client/v3/optional',
    auth: 'none',
    body: 'json',
    bodyOptional: true,
    handler: ({ body }) => body,
  }),
  define({
    method: 'POST',
    path: '/_matrix/media/v3/upload',
    auth: 'none',
    body: 'stream',
    bodyLimit: 1_000,
    handler: async ({ request }) => {
      let bytes = 0;
      for await (const chunk of request.stream ?? []) bytes += (chunk as Buffer).length;
      return { bytes };
    },
  }),
  define({ method: 'GET', path: '/_matrix/client/v3/limited', auth: 'none', limit: 'tight', handler: () => ({}) }),
  define({
    method: 'GET',
    path: '/_matrix/client/v3/refuses',
    auth: 'none',
    handler: () => {
      throw new MatrixError('M_ROOM_IN_USE', 'taken', { extra: { hint: 'other' } });
    },
  }),
  define({
    method: 'GET',
    path: '/_matrix/client/v3/breaks',
    auth: 'none',
    handler: () => {
      throw new Error('secret detail');
    },
  }),
  define({ method: 'GET', path: '/_matrix/client/v3/large', auth: 'none', handler: () => ({ text: 'a'.repeat(5_000) }) }),
  define({
    method: 'GET',
    path: '/_matrix/client/v3/content',
    auth: 'none',
    handler: () => ({ kind: 'reply', status: 302, headers: { Location: 'x' } }),
  }),
  define({
    method: 'GET',
    path: '/',
    auth: 'none',
    handler: () => reply({ status: 200, headers: { 'Content-Type': 'text/html' }, body: '<p>' }),
  }),
  define({ method: 'GET', path: '/_matrix/federation/v1/signed', auth: 'server', handler: ({ origin }) => ({ origin }) }),
  define({ method: 'GET', path: '/_matrix/client/v3/ip', auth: 'none', handler: ({ request }) => ({ ip: request.ip }) }),
];

const logged: string[] = [];
let listening: Listening;
let base = '';

beforeAll(async () => {
  const app = createHttpApp({ ...options(), endpoints: bindEndpoints('test', ENDPOINTS, { greeting: 'hi' }) });
  listening = await listen({
    app,
    listeners: [{ port: 0, bind: '127.0.0.1', serve: ['client', 'federation', 'media'] }],
    drainMs: 1_000,
    clock: systemClock,
    log: silentLogger,
  });
  base = listening.addresses[0]?.url ?? '';
});

afterAll(() => listening.close());

function options(): Omit<HttpAppOptions, 'endpoints'> {
  return {
    authenticate: async (token) => {
      if (token === 'alice') return ALICE;
      if (token === 'guest') return { ...ALICE, isGuest: true };
      if (token === 'locked') return { ...ALICE, isLocked: true };
      if (token === 'suspended') return { ...ALICE, isSuspended: true };
      throw new MatrixError('M_UNKNOWN_TOKEN', 'no');
    },
    rateLimiter: { consume: async (bucket) => (bucket === 'tight' ? 1_500 : 0) },
    verifyFederation: async ({ uri, authorization }) => {
      if (authorization === undefined) throw new MatrixError('M_UNAUTHORIZED', 'not signed');
      return `origin-of-${uri.length}` as ServerName;
    },
    metrics: createMetrics(),
    log: createLogger({ level: 'info', destination: { write: (line) => void logged.push(line) } }),
    clock: systemClock,
    maxBodyBytes: 10_000,
    trustedProxies: ['127.0.0.0/8', '10.0.0.1'],
  };
}

async function call(path: string, init: RequestInit & { token?: string } = {}) {
  const { token, ...rest } = init;
  const headers = new Headers(rest.headers);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(base + path, { ...rest, headers, redirect: 'manual' });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : text,
  };
}

describe('routing', () => {
  it('answers unknown paths with 404 and known paths with wrong methods with 405, both M_UNRECOGNIZED and with CORS headers', async () => {
    for (const [path, method, status] of [
      ['/_matrix/client/v3/nothing', 'GET', 404],
      ['/_matrix/unknown', 'GET', 404],
      ['/_matrix/client/v3/HELLO', 'GET', 404],
      ['/_matrix/client/v3/hello', 'PUT', 405],
      ['/_matrix/client/v3/hello', 'PATCH', 405],
    ] as const) {
      const { status: got, body, headers } = await call(path, { method });
      expect({ path, method, got }).toEqual({ path, method, got: status });
      expect(body).toMatchObject({ errcode: 'M_UNRECOGNIZED' });
      expect(headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  it('answers v3 paths under r0, and media paths under r0 and v1', async () => {
    expect((await call('/_matrix/client/r0/hello')).body).toEqual({ hello: 'hi' });
    expect((await call('/_matrix/media/v1/upload', { method: 'POST', body: 'abc' })).body).toEqual({ bytes: 3 });
    expect((await call('/_matrix/media/r0/upload', { method: 'POST', body: 'abc' })).body).toEqual({ bytes: 3 });
  });

  it('answers OPTIONS everywhere without running anything', async () => {
    for (const path of ['/_matrix/client/v3/me', '/_matrix/client/v3/breaks', '/nowhere']) {
      const { status, headers } = await call(path, { method: 'OPTIONS' });
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-methods')).toContain('PUT');
      expect(headers.get('access-control-allow-headers')).toContain('Authorization');
    }
  });

  it('answers HEAD like GET without a body', async () => {
    const { status, body, headers } = await call('/_matrix/client/v3/hello', { method: 'HEAD' });
    expect([status, body, headers.get('content-length')]).toEqual([200, '', '14']);
  });

  it('serves only what the listener is for', async () => {
    expect((await call('/_synapse/admin/v1/thing', { token: 'alice' })).status).toBe(404);
  });

  it('decodes path parameters once', async () => {
    const { body } = await call(`/_matrix/client/v3/rooms/${encodeURIComponent('!a/b:test')}/state/m.x/${encodeURIComponent('%2F/ü')}`);
    expect(body).toEqual({ roomId: '!a/b:test', eventType: 'm.x', stateKey: '%2F/ü' });
  });

  it('takes an empty state key with and without the slash at the end', async () => {
    for (const end of ['', '/']) {
      const { status, body } = await call(`/_matrix/client/v3/rooms/!a:test/state/m.room.name${end}`);
      expect([status, body]).toEqual([200, { roomId: '!a:test', eventType: 'm.room.name' }]);
    }
  });

  it('refuses broken percent-encoding, NUL and malformed ids with 400', async () => {
    for (const path of [
      'rooms/!a:test/state/m.x/%zz',
      'rooms/!a:test/state/m.x/%ff',
      'rooms/!a:test/state/m.x/%00',
      'rooms/nonsense/event/$e',
    ]) {
      const { status, body } = await call(`/_matrix/client/v3/${path}`);
      expect([path, status, (body as { errcode: string }).errcode]).toEqual([path, 400, 'M_INVALID_PARAM']);
    }
  });

  it('refuses two endpoints with the same method and path, and keeps routers small', () => {
    const one = define({ method: 'GET', path: '/_matrix/client/v3/a/:x', auth: 'none', handler: () => ({}) });
    const two = define({ method: 'GET', path: '/_matrix/client/v3/a/:y', auth: 'none', handler: () => ({}) });
    const deps = { greeting: '' };
    const metrics = createMetrics();
    expect(() =>
      createHttpApp({ ...options(), metrics, endpoints: [...bindEndpoints('m1', [one], deps), ...bindEndpoints('m2', [two], deps)] }),
    ).toThrow('registered twice: by m1 and by m2');
    const many = Array.from({ length: 90 }, (_, i) =>
      define({ method: 'GET', path: `/_matrix/client/v3/rooms/:roomId/r${i}`, auth: 'none', handler: () => ({}) }),
    );
    const app = createHttpApp({ ...options(), metrics: createMetrics(), endpoints: bindEndpoints('m', many, deps) });
    expect(Math.max(...app.routes.sizes)).toBeLessThanOrEqual(20);
    expect(app.routes.count).toBe(180);
  });
});

describe('authentication', () => {
  it('asks for a token where one is needed, in the header or the query', async () => {
    expect(await call('/_matrix/client/v3/me')).toMatchObject({ status: 401, body: { errcode: 'M_MISSING_TOKEN' } });
    expect(await call('/_matrix/client/v3/me', { token: 'bad' })).toMatchObject({ status: 401, body: { errcode: 'M_UNKNOWN_TOKEN' } });
    expect(await call('/_matrix/client/v3/me', { token: 'alice' })).toMatchObject({ status: 200, body: { me: '@alice:test' } });
    expect(await call('/_matrix/client/v3/me?access_token=alice')).toMatchObject({ status: 200, body: { me: '@alice:test' } });
  });

  it('takes a missing optional token and refuses a wrong one', async () => {
    expect(await call('/_matrix/client/v3/maybe')).toMatchObject({ status: 200, body: { me: null } });
    expect((await call('/_matrix/client/v3/maybe', { token: 'bad' })).status).toBe(401);
  });

  it('keeps guests from what needs an account', async () => {
    expect(await call('/_matrix/client/v3/me', { token: 'guest' })).toMatchObject({
      status: 403,
      body: { errcode: 'M_GUEST_ACCESS_FORBIDDEN' },
    });
  });

  it('lets locked accounts log out and nothing else', async () => {
    expect(await call('/_matrix/client/v3/me', { token: 'locked' })).toMatchObject({
      status: 401,
      body: { errcode: 'M_USER_LOCKED', soft_logout: true },
    });
    expect((await call('/_matrix/client/v3/logout', { method: 'POST', token: 'locked' })).status).toBe(200);
  });

  it('lets suspended accounts read, and do what the endpoint allows', async () => {
    expect((await call('/_matrix/client/v3/me', { token: 'suspended' })).status).toBe(200);
    expect((await call('/_matrix/client/v3/logout', { method: 'POST', token: 'suspended' })).status).toBe(200);
    expect(await call('/_matrix/client/v3/me', { method: 'PUT', token: 'suspended' })).toMatchObject({
      status: 403,
      body: { errcode: 'M_USER_SUSPENDED' },
    });
  });

  it('checks signatures of servers over the path as it was sent', async () => {
    expect((await call('/_matrix/federation/v1/signed')).status).toBe(401);
    const { body } = await call('/_matrix/federation/v1/signed?a=%C3%BC', { headers: { authorization: 'X-Matrix x' } });
    expect(body).toEqual({ origin: `origin-of-${'/_matrix/federation/v1/signed?a=%C3%BC'.length}` });
  });
});

describe('bodies', () => {
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    call('/_matrix/client/v3/body', { method: 'POST', body, headers });

  it('are JSON whatever the content type says, and further keys are let be', async () => {
    expect(await post('{"name":"a","more":1.5}', { 'content-type': 'text/plain' })).toMatchObject({ status: 200, body: { name: 'a' } });
  });

  it.each([
    ['', 'M_NOT_JSON'],
    ['{', 'M_NOT_JSON'],
    ['[]', 'M_BAD_JSON'],
    ['{}', 'M_BAD_JSON'],
    ['{"name":1}', 'M_BAD_JSON'],
    ['{"name":"a","deep":{"n":"x"}}', 'M_BAD_JSON'],
    [`{"name":"a","x":${'['.repeat(300)}${']'.repeat(300)}}`, 'M_BAD_JSON'],
  ])('%.40s gives %s', async (body, errcode) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { errcode } });
  });

  it('that are not UTF-8 are not JSON', async () => {
    const bytes = new Uint8Array([...Buffer.from('{"name":"a'), 0x81, ...Buffer.from('"}')]);
    expect(await post(bytes)).toMatchObject({ status: 400, body: { errcode: 'M_NOT_JSON' } });
  });

  it('may be empty where the endpoint says so', async () => {
    expect(await call('/_matrix/client/v3/optional', { method: 'POST' })).toMatchObject({ status: 200, body: {} });
  });

  it('beyond the limit are refused with 413, announced or not', async () => {
    expect(await post(JSON.stringify({ name: 'a'.repeat(3_000) }))).toMatchObject({ status: 413, body: { errcode: 'M_TOO_LARGE' } });
    expect(await chunked('/_matrix/client/v3/body', 3_000)).toMatchObject({ status: 413, body: { errcode: 'M_TOO_LARGE' } });
    expect(await chunked('/_matrix/media/v3/upload', 3_000)).toMatchObject({ status: 413, body: { errcode: 'M_TOO_LARGE' } });
    expect(await chunked('/_matrix/media/v3/upload', 900)).toMatchObject({ status: 200, body: { bytes: 900 } });
  });
});

describe('replies', () => {
  it('tell refusals in the standard form and hide bugs behind a request id', async () => {
    expect(await call('/_matrix/client/v3/refuses')).toMatchObject({
      status: 400,
      body: { errcode: 'M_ROOM_IN_USE', error: 'taken', hint: 'other' },
    });
    const { status, body } = await call('/_matrix/client/v3/breaks');
    expect([status, (body as { errcode: string }).errcode]).toEqual([500, 'M_UNKNOWN']);
    expect(JSON.stringify(body)).not.toContain('secret detail');
    const id = /request (\w+)/.exec((body as { error: string }).error)?.[1];
    expect(logged.some((line) => line.includes('secret detail') && line.includes(`"requestId":"${id}"`))).toBe(true);
  });

  it('say how long to wait', async () => {
    const { status, body, headers } = await call('/_matrix/client/v3/limited');
    expect([status, body, headers.get('retry-after')]).toEqual([
      429,
      { errcode: 'M_LIMIT_EXCEEDED', error: 'Too many requests', retry_after_ms: 1_500 },
      '2',
    ]);
  });

  it('are compressed when they are large', async () => {
    const large = await call('/_matrix/client/v3/large', { headers: { 'accept-encoding': 'gzip' } });
    expect([large.headers.get('content-encoding'), (large.body as { text: string }).text.length]).toEqual(['gzip', 5_000]);
    expect((await call('/_matrix/client/v3/hello', { headers: { 'accept-encoding': 'gzip' } })).headers.get('content-encoding')).toBeNull();
  });

  it('that strangers wrote cannot pass for replies of the server', async () => {
    const { status, body } = await call('/_matrix/client/v3/content');
    expect([status, body]).toEqual([200, { kind: 'reply', status: 302, headers: { Location: 'x' } }]);
  });

  it('have exactly the JSON content type', async () => {
    expect((await call('/_matrix/client/v3/hello')).headers.get('content-type')).toBe('application/json');
  });
});

describe('the client address', () => {
  it('is the nearest one that is no trusted proxy', async () => {
    const ip = async (forwarded: string) => (await call('/_matrix/client/v3/ip', { headers: { 'x-forwarded-for': forwarded } })).body;
    expect(await ip('6.6.6.6, 203.0.113.9')).toEqual({ ip: '203.0.113.9' });
    expect(await ip('6.6.6.6, 203.0.113.9, 10.0.0.1')).toEqual({ ip: '203.0.113.9' });
    expect(await ip('nonsense')).toEqual({ ip: '127.0.0.1' });
  });
});

/** A request without Content-Length. */
function chunked(path: string, bytes: number): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(base + path, { method: 'POST' }, (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    request.on('error', reject);
    request.write('a'.repeat(Math.floor(bytes / 2)));
    request.end('a'.repeat(Math.ceil(bytes / 2)));
  });
}
