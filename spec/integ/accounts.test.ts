import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountsConfig, DEFAULT_ACCOUNTS_CONFIG } from '../../src/accounts/accounts-config.ts';
import { AccountsService } from '../../src/accounts/accounts-service.ts';
import type { AppserviceNamespaces } from '../../src/accounts/ports.ts';
import type { ServerName, UserId } from '../../src/core/ids/brands.ts';
import { coreEndpoints } from '../../src/http/endpoints/core-endpoints.ts';
import { createHttpApp } from '../../src/http/http-app.ts';
import { type Listening, listen } from '../../src/http/listen.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ManualClock } from '../../src/platform/manual-clock.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { systemRng } from '../../src/platform/rng.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

const SERVER = 'test.example' as ServerName;
/** An application service that has all users beginning with `irc_`. */
const BRIDGE: AppserviceNamespaces = {
  exclusiveOwner: (userId) => (userId.startsWith('@irc_') ? 'irc' : null),
  isInNamespace: (id, userId) => id === 'irc' && userId.startsWith('@irc_'),
  byToken: (token) => (token === 'as-token' ? 'irc' : null),
};
const PASSWORD = 'correct horse battery staple';

type Body = Record<string, unknown>;
interface Answer {
  status: number;
  body: Body & { errcode?: string; session?: string; access_token?: string; refresh_token?: string; device_id?: string };
}

/** A server with accounts only, on a clock that tests move. */
async function startServer(
  database: TestDatabase,
  config: Partial<AccountsConfig['registration']> = {},
  appservices?: AppserviceNamespaces,
) {
  const handles = openDatabase({ ...database.options, maxConnections: 3, countStatements: true });
  const clock = new ManualClock(Date.now());
  const happened: [string, unknown][] = [];
  const server = { serverName: SERVER, publicBaseUrl: 'https://test.example' };
  const refusals = new Set<string>();
  const accounts = new AccountsService({
    db: handles.read,
    serverName: SERVER,
    config: { ...DEFAULT_ACCOUNTS_CONFIG, registration: { ...DEFAULT_ACCOUNTS_CONFIG.registration, enabled: true, ...config } },
    hooks: {
      check: async (name) => (refusals.has(name) ? { allow: false, errcode: 'M_FORBIDDEN', reason: 'hook' } : { allow: true }),
      emit: async (name, happening) => void happened.push([name, happening]),
    },
    rateLimiter: { consume: async () => 0 },
    ...(appservices === undefined ? {} : { appservices }),
    clock,
    rng: systemRng,
    log: silentLogger,
  });
  const metrics = createMetrics();
  const app = createHttpApp({
    endpoints: coreEndpoints({
      accounts,
      server,
      profile: () => null,
      version: '0',
      clock,
      rng: systemRng,
      unstableFeatures: () => ['org.example.feature'],
      capabilities: () => ({ 'org.example.thing': { enabled: true } }),
      support: { email: 'admin@test.example', matrixId: null, page: null },
      isHealthy: async () => true,
      metrics,
    }),
    authenticate: (token, context) => accounts.authenticate(token, context),
    rateLimiter: { consume: async () => 0 },
    metrics,
    log: silentLogger,
    clock: systemClock,
    maxBodyBytes: 100_000,
    trustedProxies: [],
  });
  const listening: Listening = await listen({
    app,
    listeners: [{ port: 0, bind: '127.0.0.1', serve: ['client', 'federation', 'media', 'admin', 'metrics'] }],
    drainMs: 1_000,
    clock: systemClock,
    log: silentLogger,
  });
  const base = listening.addresses[0]?.url ?? '';
  const call = async (method: string, path: string, body?: unknown, token?: string): Promise<Answer> => {
    const response = await fetch(base + (path.startsWith('/_') || path.startsWith('/.') ? path : `/_matrix/client/v3${path}`), {
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
  const register = async (username: string, extra: Body = {}): Promise<{ userId: UserId; token: string; deviceId: string }> => {
    const { status, body } = await call('POST', '/register', { username, password: PASSWORD, auth: { type: 'm.login.dummy' }, ...extra });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return { userId: body.user_id as UserId, token: body.access_token ?? '', deviceId: body.device_id ?? '' };
  };
  const login = (user: string, password = PASSWORD, extra: Body = {}) =>
    call('POST', '/login', { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password, ...extra });
  const passwordAuth = (user: string, password = PASSWORD) => ({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user },
    password,
  });
  return {
    accounts,
    call,
    clock,
    happened,
    login,
    passwordAuth,
    refusals,
    register,
    base,
    statements: handles.statements,
    async [Symbol.asyncDispose]() {
      await listening.close();
      await accounts[Symbol.asyncDispose]();
      await handles[Symbol.asyncDispose]();
    },
  };
}

let database: TestDatabase;
let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  database = await testDatabase();
  server = await startServer(database);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

describe('registration', () => {
  it('asks for a flow first, then makes the account and signs it in', async () => {
    const { call, happened } = server;
    const first = await call('POST', '/register', { username: 'reg1', password: PASSWORD });
    expect(first).toMatchObject({ status: 401, body: { flows: [{ stages: ['m.login.dummy'] }], params: {} } });
    const second = await call('POST', '/register', {
      username: 'reg1',
      password: PASSWORD,
      device_id: 'PHONE',
      auth: { type: 'm.login.dummy', session: first.body.session },
    });
    expect(second).toMatchObject({ status: 200, body: { user_id: '@reg1:test.example', device_id: 'PHONE' } });
    expect(await call('GET', '/account/whoami', undefined, second.body.access_token)).toMatchObject({
      body: { user_id: '@reg1:test.example', device_id: 'PHONE', is_guest: false },
    });
    expect(happened).toContainEqual(['userRegistered', { userId: '@reg1:test.example', isGuest: false }]);
    expect(happened).toContainEqual(['deviceChanged', { userId: '@reg1:test.example', deviceId: 'PHONE' }]);
  });

  it('folds capitals and refuses names that are taken, malformed or too long before any proof', async () => {
    const { call, register } = server;
    expect((await register('Reg-UPPER')).userId).toBe('@reg-upper:test.example');
    for (const [username, errcode] of [
      ['reg-upper', 'M_USER_IN_USE'],
      ['REG-UPPER', 'M_USER_IN_USE'],
      ['a:b', 'M_INVALID_USERNAME'],
      ['é', 'M_INVALID_USERNAME'],
      ['', 'M_INVALID_USERNAME'],
      ['x'.repeat(300), 'M_INVALID_USERNAME'],
    ]) {
      expect(await call('POST', '/register', { username, password: PASSWORD })).toMatchObject({ status: 400, body: { errcode } });
      const available = await call('GET', `/register/available?username=${encodeURIComponent(username ?? '')}`);
      expect(available).toMatchObject({ status: 400, body: { errcode } });
    }
    expect(await call('GET', '/register/available?username=free')).toMatchObject({ status: 200, body: { available: true } });
  });

  it('makes up a name, and gives no token when asked not to', async () => {
    const { status, body } = await server.call('POST', '/register', {
      password: PASSWORD,
      inhibit_login: true,
      auth: { type: 'm.login.dummy' },
    });
    expect(status).toBe(200);
    expect(body.user_id).toMatch(/^@[a-z0-9]+:test\.example$/);
    expect(body).not.toHaveProperty('access_token');
  });

  it('refuses weak passwords and what a hook refuses', async () => {
    const { call, refusals } = server;
    expect(await call('POST', '/register', { username: 'weak', password: 'short' })).toMatchObject({
      body: { errcode: 'M_WEAK_PASSWORD' },
    });
    refusals.add('checkRegistration');
    const refused = await call('POST', '/register', { username: 'hook', password: PASSWORD, auth: { type: 'm.login.dummy' } });
    refusals.clear();
    expect(refused).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN', error: 'hook' } });
    expect(await server.accounts.exists('@hook:test.example' as UserId)).toBe(false);
  });

  it('gives a name to one of two who ask for it at the same time', async () => {
    const body = { username: 'race', password: PASSWORD, auth: { type: 'm.login.dummy' } };
    const answers = await Promise.all([server.call('POST', '/register', body), server.call('POST', '/register', body)]);
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 400]);
  });

  it('refuses guests unless the configuration lets them in', async () => {
    expect((await server.call('POST', '/register?kind=guest', {})).status).toBe(403);
    await using open = await startServer(database, { guests: true });
    const guest = await open.call('POST', '/register?kind=guest', { username: 'ignored', device_id: 'ignored' });
    expect(guest.status).toBe(200);
    expect(guest.body.device_id).not.toBe('ignored');
    expect(await open.call('GET', '/account/whoami', undefined, guest.body.access_token)).toMatchObject({ body: { is_guest: true } });
    expect((await open.call('GET', '/account/3pid', undefined, guest.body.access_token)).body.errcode).toBe('M_GUEST_ACCESS_FORBIDDEN');
  });
});

describe('registration with proof', () => {
  it('is closed without one, and open to those with a token', async () => {
    await using empty = await testDatabase();
    await using closed = await startServer(empty, { enabled: false });
    const request = { username: 'first', password: PASSWORD };
    expect(await closed.call('POST', '/register', request)).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });

    const old = await closed.accounts.registrationTokens.firstAdminToken();
    const token = await closed.accounts.registrationTokens.firstAdminToken();
    const validity = (text: string | null) =>
      closed.call('GET', `/_matrix/client/v1/register/m.login.registration_token/validity?token=${text}`);
    expect((await validity(old)).body).toEqual({ valid: false });
    expect((await validity(token)).body).toEqual({ valid: true });

    const auth = { type: 'm.login.registration_token', token };
    const wrong = await closed.call('POST', '/register', { ...request, auth: { ...auth, token: 'wrong' } });
    expect(wrong).toMatchObject({ status: 401, body: { errcode: 'M_UNAUTHORIZED', flows: [{ stages: ['m.login.registration_token'] }] } });
    const made = await closed.call('POST', '/register', { ...request, auth });
    expect(made.status).toBe(200);
    expect((await closed.accounts.account('@first:test.example' as UserId))?.isAdmin).toBe(true);

    // It works once, and a server with accounts makes no further one.
    expect((await closed.call('POST', '/register', { ...request, username: 'second', auth })).status).toBe(403);
    expect(await closed.accounts.registrationTokens.firstAdminToken()).toBeNull();
  });

  it('goes through the stages in order, survives a restart between them, and counts the token once', async () => {
    await using own = await testDatabase();
    const config = { require: ['token', 'terms'], terms: { name: 'Terms', version: '3', url: 'https://test.example/terms' } } as const;
    const request = { username: 'staged', password: PASSWORD };
    let session: string | undefined;
    {
      await using before = await startServer(own, config);
      await before.accounts.registrationTokens.create({ token: 'invite', usesAllowed: 1, expiryTs: null });
      const first = await before.call('POST', '/register', request);
      session = first.body.session;
      expect(first.body).toMatchObject({
        flows: [{ stages: ['m.login.registration_token', 'm.login.terms'] }],
        params: { 'm.login.terms': { policies: { terms_of_service: { version: '3', en: { url: 'https://test.example/terms' } } } } },
      });
      const early = await before.call('POST', '/register', { ...request, auth: { type: 'm.login.terms', session } });
      expect(early).toMatchObject({ status: 401, body: { errcode: 'M_FORBIDDEN' } });
      const half = await before.call('POST', '/register', {
        ...request,
        auth: { type: 'm.login.registration_token', token: 'invite', session },
      });
      expect(half).toMatchObject({ status: 401, body: { completed: ['m.login.registration_token'], session } });
      expect((await before.accounts.registrationTokens.get('invite'))?.pending).toBe(1);
      expect(await before.accounts.registrationTokens.isValid('invite')).toBe(false);
    }
    await using after = await startServer(own, config);
    const done = await after.call('POST', '/register', { ...request, auth: { type: 'm.login.terms', session } });
    expect(done.status).toBe(200);
    expect(await after.accounts.registrationTokens.get('invite')).toMatchObject({ completed: 1, pending: 0 });
    const again = await after.call('POST', '/register', { ...request, username: 'staged2', auth: { type: 'm.login.terms', session } });
    expect(again.status).toBe(401);
  });
});

describe('the fallback page', () => {
  const page = (own: Awaited<ReturnType<typeof startServer>>, type: string, session: unknown, form?: Record<string, string>) =>
    fetch(`${own.base}/_matrix/client/v3/auth/${type}/fallback/web?session=${String(session)}`, {
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });

  it('completes stages of a registration for clients that do not know them', async () => {
    await using own = await startServer(database, {
      require: ['token', 'terms'],
      terms: { name: '<Terms>', version: '1', url: 'https://test.example/?a&b' },
      tokens: ['configured'],
    });
    const request = { username: 'browser', password: PASSWORD };
    const { session } = (await own.call('POST', '/register', request)).body;
    expect(await (await page(own, 'm.login.registration_token', session)).text()).toContain('<input name="token"');
    expect(await (await page(own, 'm.login.registration_token', session, { token: 'wrong' })).text()).toContain('not valid');
    // The stages have an order here too.
    expect((await page(own, 'm.login.terms', session, {})).status).toBe(404);
    const done = await page(own, 'm.login.registration_token', session, { token: ' configured ' });
    expect(await done.text()).toContain('window.onAuthDone');
    expect(done.headers.get('content-security-policy')).toContain("script-src 'sha256-");
    const terms = await (await page(own, 'm.login.terms', session)).text();
    expect(terms).toContain('&lt;Terms&gt;');
    expect((await own.call('POST', '/register', { ...request, auth: { session } })).body.completed).toEqual(['m.login.registration_token']);
    expect((await page(own, 'm.login.terms', session, {})).status).toBe(200);
    expect((await own.call('POST', '/register', { ...request, auth: { session } })).status).toBe(200);
  });

  it('knows neither other stages nor sessions that are over', async () => {
    expect((await page(server, 'm.login.unknown', 'x')).status).toBe(404);
    expect((await page(server, 'constructor', 'x')).status).toBe(404);
    expect((await page(server, 'm.login.dummy', 'nothing', {})).status).toBe(404);
    expect((await page(server, 'm.login.dummy', '')).status).toBe(400);
  });

  it('takes the password of the account that the session belongs to', async () => {
    const { token } = await server.register('browser-owner');
    const { session } = (await server.call('DELETE', '/devices/GONE', {}, token)).body;
    expect(await (await page(server, 'm.login.password', session, { password: 'wrong' })).text()).toContain('Wrong password');
    expect((await server.call('DELETE', '/devices/GONE', { auth: { session } }, token)).status).toBe(401);
    expect((await page(server, 'm.login.password', session, { password: PASSWORD })).status).toBe(200);
    expect((await server.call('DELETE', '/devices/GONE', { auth: { session } }, token)).status).toBe(200);
  });
});

describe('sign-in', () => {
  it('works by user id and by localpart in any case, and tells nothing about why it fails', async () => {
    await server.register('loginer');
    for (const user of ['loginer', '@loginer:test.example', 'LOGINER', '@LOGINER:test.example']) {
      expect(await server.login(user)).toMatchObject({ status: 200, body: { user_id: '@loginer:test.example' } });
    }
    const wrong = await server.login('loginer', 'wrong');
    expect(wrong).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    for (const user of ['nobody', '@loginer:elsewhere.example', '']) expect(await server.login(user)).toEqual(wrong);
  });

  it('understands every type of identifier', async () => {
    const { userId } = await server.register('threepid');
    const now = server.clock.now();
    await server.accounts.transactor.addThreepid({ medium: 'email', address: 'a@b.example', userId, now });
    await server.accounts.transactor.addThreepid({ medium: 'msisdn', address: '447700900000', userId, now });
    const by = (identifier: Body) => server.call('POST', '/login', { type: 'm.login.password', identifier, password: PASSWORD });
    expect((await by({ type: 'm.id.thirdparty', medium: 'email', address: 'A@b.example' })).status).toBe(200);
    expect((await by({ type: 'm.id.phone', country: 'GB', phone: '+44 7700 900000' })).status).toBe(200);
    expect((await by({ type: 'm.id.thirdparty', medium: 'email', address: 'x@b.example' })).status).toBe(403);
    expect(await by({ type: 'm.id.unknown' })).toMatchObject({ status: 400, body: { errcode: 'M_UNKNOWN' } });
    expect((await server.call('POST', '/login', { type: 'm.login.password', user: 'threepid', password: PASSWORD })).status).toBe(200);
    expect((await server.call('POST', '/login', { type: 'x' })).body.errcode).toBe('M_UNKNOWN');
  });

  it('does not mind an old token that a client sends along', async () => {
    await server.register('stale');
    const body = { type: 'm.login.password', identifier: { type: 'm.id.user', user: 'stale' }, password: PASSWORD };
    expect((await server.call('POST', '/login', body, 'wat_gone')).status).toBe(200);
    expect((await server.call('POST', '/register', { username: 'stale2', password: PASSWORD }, 'wat_gone')).status).toBe(401);
  });

  it('of users of application services needs the token of their application service', async () => {
    const { userId } = await server.register('bridged');
    const login = (token?: string) =>
      server.call('POST', '/login', { type: 'm.login.application_service', identifier: { type: 'm.id.user', user: userId } }, token);
    expect((await login()).body.errcode).toBe('M_MISSING_TOKEN');
    expect((await login('other')).body.errcode).toBe('M_FORBIDDEN');
    await using own = await startServer(database, {}, BRIDGE);
    const call = (path: string, body: Body) => own.call('POST', path, { type: 'm.login.application_service', ...body }, 'as-token');
    expect((await call('/login', { identifier: { type: 'm.id.user', user: userId } })).body.errcode).toBe('M_EXCLUSIVE');
    expect((await call('/register', { username: 'outside' })).body.errcode).toBe('M_EXCLUSIVE');
    expect((await own.call('POST', '/register', { username: 'irc_x', password: PASSWORD })).body.errcode).toBe('M_EXCLUSIVE');
    expect(await call('/register', { username: 'irc_x', inhibit_login: true })).toMatchObject({ body: { user_id: '@irc_x:test.example' } });
    expect(await call('/login', { identifier: { type: 'm.id.user', user: 'irc_x' } })).toMatchObject({ status: 200 });
  });

  it('on a known device takes the old token away and keeps its name', async () => {
    const { userId, token } = await server.register('device-reuse', { device_id: 'D1', initial_device_display_name: 'First' });
    const again = await server.login('device-reuse', PASSWORD, { device_id: 'D1', initial_device_display_name: 'Second' });
    expect((await server.call('GET', '/account/whoami', undefined, token)).body.errcode).toBe('M_UNKNOWN_TOKEN');
    expect((await server.call('GET', '/devices/D1', undefined, again.body.access_token)).body.display_name).toBe('First');
    expect(server.happened.filter(([name, h]) => name === 'deviceChanged' && (h as { userId: string }).userId === userId)).toHaveLength(1);
  });

  it('with a login token works once and not for long', async () => {
    const { token } = await server.register('qr');
    const path = '/_matrix/client/v1/login/get_token';
    expect((await server.call('POST', path, {}, token)).status).toBe(401);
    const make = async () => (await server.call('POST', path, { auth: server.passwordAuth('qr') }, token)).body.login_token;
    const use = (loginToken: unknown) => server.call('POST', '/login', { type: 'm.login.token', token: loginToken });
    const first = await make();
    expect(await use(first)).toMatchObject({ status: 200, body: { user_id: '@qr:test.example' } });
    expect(await use(first)).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    const second = await make();
    server.clock.setNow(server.clock.now() + 10 * 60_000);
    expect((await use(second)).status).toBe(403);
  });

  it('costs no SQL once a token is warm', async () => {
    const { token } = await server.register('warm');
    await server.call('GET', '/account/whoami', undefined, token);
    const before = server.statements();
    for (let i = 0; i < 20; i++) await server.call('GET', '/account/whoami', undefined, token);
    expect(server.statements() - before).toBe(0);
  });

  it('remembers when and from where a device was seen', async () => {
    const { token, deviceId } = await server.register('seen');
    await server.call('GET', '/account/whoami', undefined, token);
    await server.accounts.flush();
    const { body } = await server.call('GET', `/devices/${deviceId}`, undefined, token);
    expect(body).toMatchObject({ last_seen_ip: '127.0.0.1', last_seen_ts: server.clock.now() });
  });
});

describe('refresh tokens', () => {
  const refresh = (token: string | undefined) => server.call('POST', '/refresh', { refresh_token: token });
  const whoami = (token: string | undefined) => server.call('GET', '/account/whoami', undefined, token);

  async function signedIn(name: string) {
    await server.register(name);
    const { body } = await server.login(name, PASSWORD, { refresh_token: true });
    expect(body.expires_in_ms).toBe(300_000);
    return body;
  }

  it('stay valid until one of the new tokens is used, and not longer', async () => {
    const first = await signedIn('rotate');
    const second = await refresh(first.refresh_token);
    expect(second.status).toBe(200);
    // The answer was lost: the old one works again, and what it gave before does not.
    const third = await refresh(first.refresh_token);
    expect(third.status).toBe(200);
    expect((await whoami(second.body.access_token)).status).toBe(401);
    expect((await whoami(first.access_token)).status).toBe(200);
    // The first use of the new access token ends the old pair.
    expect((await whoami(third.body.access_token)).status).toBe(200);
    expect((await refresh(first.refresh_token)).body.errcode).toBe('M_UNKNOWN_TOKEN');
    expect((await whoami(first.access_token)).status).toBe(401);
    expect((await whoami(third.body.access_token)).body.device_id).toBe(first.device_id);
  });

  it('end their predecessor when they are used themselves', async () => {
    const first = await signedIn('rotate2');
    const second = await refresh(first.refresh_token);
    const third = await refresh(second.body.refresh_token);
    expect(third.status).toBe(200);
    expect((await refresh(first.refresh_token)).status).toBe(401);
    expect((await whoami(first.access_token)).status).toBe(401);
    expect((await whoami(third.body.access_token)).status).toBe(200);
  });

  it('are needed when the access token expires, which is a soft logout', async () => {
    const first = await signedIn('expire');
    expect((await whoami(first.access_token)).status).toBe(200);
    server.clock.setNow(server.clock.now() + 300_001);
    expect(await whoami(first.access_token)).toMatchObject({ status: 401, body: { errcode: 'M_UNKNOWN_TOKEN', soft_logout: true } });
    const second = await refresh(first.refresh_token);
    expect((await whoami(second.body.access_token)).status).toBe(200);
  });

  it('go with their device', async () => {
    const first = await signedIn('logout-refresh');
    expect((await server.call('POST', '/logout', {}, first.access_token)).status).toBe(200);
    expect(await refresh(first.refresh_token)).toMatchObject({ status: 401, body: { errcode: 'M_UNKNOWN_TOKEN' } });
    expect((await refresh('nonsense')).body).not.toHaveProperty('soft_logout');
  });
});

describe('user-interactive authentication', () => {
  it('takes the password of the caller and of nobody else', async () => {
    const { token } = await server.register('uia');
    await server.register('uia-bob', { password: 'the password of bob' });
    const other = await server.login('uia');
    const path = `/devices/${other.body.device_id}`;
    const without = await server.call('DELETE', path, undefined, token);
    expect(without).toMatchObject({
      status: 401,
      body: { flows: [{ stages: ['m.login.password'] }], params: {}, session: expect.any(String) },
    });
    expect(without.body).not.toHaveProperty('errcode');

    const wrong = await server.call('DELETE', path, { auth: server.passwordAuth('uia', 'wrong') }, token);
    expect(wrong).toMatchObject({ status: 401, body: { errcode: 'M_FORBIDDEN', session: expect.any(String) } });
    const bob = await server.call('DELETE', path, { auth: server.passwordAuth('uia-bob', 'the password of bob') }, token);
    expect(bob.status).toBe(403);
    expect((await server.call('GET', path, undefined, token)).status).toBe(200);

    const right = await server.call('DELETE', path, { auth: { ...server.passwordAuth('uia'), session: without.body.session } }, token);
    expect(right.status).toBe(200);
    expect((await server.call('GET', path, undefined, token)).status).toBe(404);
    expect((await server.call('GET', '/account/whoami', undefined, other.body.access_token)).status).toBe(401);
    expect(server.happened).toContainEqual(['deviceDeleted', { userId: '@uia:test.example', deviceIds: [other.body.device_id] }]);
  });

  it('binds a session to what it was begun for', async () => {
    const { token } = await server.register('uia-bound');
    const { session } = (await server.call('DELETE', '/devices/ONE', {}, token)).body;
    const auth = { ...server.passwordAuth('uia-bound'), session };
    expect((await server.call('DELETE', '/devices/TWO', { auth }, token)).status).toBe(403);
    expect((await server.call('POST', '/account/deactivate', { auth }, token)).status).toBe(403);
  });

  it('asks again when a session is over', async () => {
    const { token } = await server.register('uia-old');
    const { session } = (await server.call('DELETE', '/devices/ONE', {}, token)).body;
    server.clock.setNow(server.clock.now() + 25 * 60 * 60_000);
    const answer = await server.call('DELETE', '/devices/ONE', { auth: { session } }, token);
    expect(answer.status).toBe(401);
    expect(answer.body.session).not.toBe(session);
  });
});

describe('devices', () => {
  it('are listed, renamed and deleted in bulk', async () => {
    const { token, deviceId } = await server.register('devs');
    const ids = [];
    for (let i = 0; i < 2; i++) ids.push((await server.login('devs')).body.device_id);
    expect((await server.call('PUT', `/devices/${deviceId}`, { display_name: 'Mine' }, token)).status).toBe(200);
    expect((await server.call('PUT', '/devices/NONE', { display_name: 'x' }, token)).status).toBe(404);
    const deleted = await server.call(
      'POST',
      '/delete_devices',
      { devices: [...ids, 'UNKNOWN'], auth: server.passwordAuth('devs') },
      token,
    );
    expect(deleted.status).toBe(200);
    const { body } = await server.call('GET', '/devices', undefined, token);
    expect(body.devices).toEqual([{ device_id: deviceId, display_name: 'Mine' }]);
  });

  it('all go at logout/all', async () => {
    const { token } = await server.register('all');
    const other = await server.login('all');
    expect((await server.call('POST', '/logout/all', {}, token)).status).toBe(200);
    for (const gone of [token, other.body.access_token]) expect((await server.call('GET', '/devices', undefined, gone)).status).toBe(401);
  });
});

describe('the account', () => {
  it('changes its password and throws other devices out unless told not to', async () => {
    const { token } = await server.register('pw');
    const other = await server.login('pw');
    const change = (from: string, to: string, extra: Body = {}) =>
      server.call('POST', '/account/password', { new_password: to, auth: server.passwordAuth('pw', from), ...extra }, token);
    expect((await change(PASSWORD, 'a second password')).status).toBe(200);
    expect((await server.call('GET', '/account/whoami', undefined, other.body.access_token)).status).toBe(401);
    expect((await server.call('GET', '/account/whoami', undefined, token)).status).toBe(200);
    expect((await server.login('pw')).status).toBe(403);
    const kept = await server.login('pw', 'a second password');
    expect((await change('a second password', 'a third password', { logout_devices: false })).status).toBe(200);
    expect((await server.call('GET', '/account/whoami', undefined, kept.body.access_token)).status).toBe(200);
  });

  it('can be deactivated, which ends everything and keeps the name', async () => {
    const { userId, token, deviceId } = await server.register('leaver');
    expect(await server.accounts.isDeactivated(userId)).toBe(false);
    const wrong = await server.call('POST', '/account/deactivate', { auth: server.passwordAuth('leaver', 'wrong') }, token);
    expect(wrong).toMatchObject({ status: 401, body: { errcode: 'M_FORBIDDEN' } });
    const done = await server.call('POST', '/account/deactivate', { auth: server.passwordAuth('leaver'), erase: true }, token);
    expect(done).toEqual({ status: 200, body: { id_server_unbind_result: 'no-support' } });
    expect((await server.call('GET', '/account/whoami', undefined, token)).status).toBe(401);
    expect((await server.login('leaver')).status).toBe(403);
    expect(await server.accounts.isDeactivated(userId)).toBe(true);
    expect((await server.call('GET', '/register/available?username=leaver')).body.errcode).toBe('M_USER_IN_USE');
    expect(server.happened).toContainEqual(['deviceDeleted', { userId, deviceIds: [deviceId] }]);
    expect(server.happened).toContainEqual(['userDeactivated', { userId, erase: true }]);
  });

  it('proves itself to others with an OpenID token', async () => {
    const { userId, token } = await server.register('openid');
    const path = (id: string) => `/user/${encodeURIComponent(id)}/openid/request_token`;
    const made = await server.call('POST', path(userId), {}, token);
    expect(made.body).toMatchObject({ token_type: 'Bearer', matrix_server_name: SERVER, expires_in: 3600 });
    const userinfo = `/_matrix/federation/v1/openid/userinfo?access_token=${made.body.access_token}`;
    expect((await server.call('GET', userinfo)).body).toEqual({ sub: userId });
    expect((await server.call('POST', path('@uia:test.example'), {}, token)).status).toBe(403);
    server.clock.setNow(server.clock.now() + 3_600_001);
    expect((await server.call('GET', userinfo)).body.errcode).toBe('M_UNKNOWN_TOKEN');
  });
});

describe('administrators', () => {
  let admin = '';
  const secret = 'shared';
  let own: Awaited<ReturnType<typeof startServer>>;

  beforeAll(async () => {
    own = await startServer(database, { enabled: false, sharedSecret: secret });
    admin = (await sharedSecretRegister('boss', true)).body.access_token ?? '';
  });
  afterAll(() => own[Symbol.asyncDispose]());

  async function sharedSecretRegister(username: string, isAdmin: boolean, tamper = false): Promise<Answer> {
    const path = '/_synapse/admin/v1/register';
    const nonce = String((await own.call('GET', path)).body.nonce);
    const fields = [nonce, username, PASSWORD, isAdmin ? 'admin' : 'notadmin'];
    const mac = createHmac('sha1', secret).update(fields.join('\0')).digest('hex');
    return own.call('POST', path, { nonce, username: tamper ? `${username}x` : username, password: PASSWORD, admin: isAdmin, mac });
  }

  it('are made with the shared secret, which covers every field', async () => {
    expect((await sharedSecretRegister('SHARED-User', false)).body.user_id).toBe('@shared-user:test.example');
    expect((await sharedSecretRegister('us,er', false)).body.errcode).toBe('M_INVALID_USERNAME');
    expect((await sharedSecretRegister('tampered', false, true)).status).toBe(403);
    const forged = await own.call('POST', '/_synapse/admin/v1/register', { nonce: 'a.b.c', username: 'x', password: 'y', mac: 'z' });
    expect(forged).toMatchObject({ status: 400, body: { error: 'Unrecognised nonce' } });
    expect((await server.call('GET', '/_synapse/admin/v1/register')).status).toBe(400);
  });

  it('lock and suspend others', async () => {
    const { token } = await server.register('moderated');
    const path = (what: string, user = '@moderated:test.example') => `/_matrix/client/v1/admin/${what}/${encodeURIComponent(user)}`;
    expect((await own.call('PUT', path('lock'), { locked: true }, token)).status).toBe(403);
    expect((await own.call('GET', '/devices', undefined, token)).status).toBe(200);
    expect((await own.call('PUT', path('lock'), { locked: true }, admin)).body).toEqual({ locked: true });
    expect((await own.call('GET', '/devices', undefined, token)).body).toMatchObject({ errcode: 'M_USER_LOCKED', soft_logout: true });
    expect((await own.login('moderated')).body.errcode).toBe('M_USER_LOCKED');
    expect((await own.call('PUT', path('lock'), { locked: false }, admin)).status).toBe(200);
    expect((await own.call('GET', '/devices', undefined, token)).status).toBe(200);
    expect((await own.call('PUT', path('suspend'), { suspended: true }, admin)).status).toBe(200);
    expect((await own.call('GET', path('suspend'), undefined, admin)).body).toEqual({ suspended: true });
    expect((await own.call('PUT', '/devices/X', { display_name: 'x' }, token)).body.errcode).toBe('M_USER_SUSPENDED');
    expect((await own.call('PUT', path('lock', '@boss:test.example'), { locked: true }, admin)).status).toBe(403);
    expect((await own.call('PUT', path('lock', '@a:other.example'), { locked: true }, admin)).body.errcode).toBe('M_INVALID_PARAM');
    expect((await own.call('PUT', path('lock', '@nobody:test.example'), { locked: true }, admin)).status).toBe(404);
  });

  it('list, make, change and deactivate accounts', async () => {
    const path = '/_synapse/admin/v2/users/@made:test.example';
    expect((await own.call('PUT', path, { password: PASSWORD, admin: false }, admin)).status).toBe(201);
    expect((await own.login('made')).status).toBe(200);
    expect((await own.call('PUT', path, { deactivated: true }, admin)).body).toMatchObject({ deactivated: true });
    expect((await own.login('made')).status).toBe(403);
    expect((await own.call('PUT', path, { deactivated: false, password: PASSWORD }, admin)).status).toBe(200);
    expect((await own.login('made')).status).toBe(200);
    const list = await own.call('GET', '/_synapse/admin/v2/users?name=made&limit=1', undefined, admin);
    expect(list.body).toMatchObject({ total: 1, users: [{ name: '@made:test.example', deactivated: false }] });
    const reset = await own.call('POST', '/_synapse/admin/v1/reset_password/@made:test.example', { new_password: 'new password' }, admin);
    expect(reset.status).toBe(200);
    expect((await own.login('made', 'new password')).status).toBe(200);
    const as = await own.call('POST', '/_synapse/admin/v1/users/@made:test.example/login', {}, admin);
    const me = await own.call('GET', '/account/whoami', undefined, as.body.access_token);
    expect(me.body).toEqual({ user_id: '@made:test.example', is_guest: false });
    expect((await own.call('GET', '/_synapse/admin/v2/users', undefined, as.body.access_token)).status).toBe(403);
    const whois = await own.call('GET', '/_synapse/admin/v1/whois/@made:test.example', undefined, admin);
    expect(whois.body).toMatchObject({ user_id: '@made:test.example' });
  });

  it('keep registration tokens', async () => {
    const path = '/_synapse/admin/v1/registration_tokens';
    const made = await own.call('POST', `${path}/new`, { token: 'abc', uses_allowed: 2 }, admin);
    expect(made.body).toEqual({ token: 'abc', uses_allowed: 2, pending: 0, completed: 0, expiry_time: null });
    expect((await own.call('POST', `${path}/new`, { token: 'abc' }, admin)).status).toBe(400);
    expect((await own.call('PUT', `${path}/abc`, { uses_allowed: null }, admin)).body.uses_allowed).toBeNull();
    expect((await own.call('GET', path, undefined, admin)).body.registration_tokens).toHaveLength(1);
    expect((await own.call('DELETE', `${path}/abc`, undefined, admin)).status).toBe(200);
    expect((await own.call('GET', `${path}/abc`, undefined, admin)).status).toBe(404);
  });
});

describe('what the server says about itself', () => {
  it('is versions, capabilities, well-known files, a page, health and metrics', async () => {
    const { token } = await server.register('facts');
    const { versions, unstable_features } = (await server.call('GET', '/_matrix/client/versions')).body;
    expect(versions).toContain('v1.12');
    expect(unstable_features).toEqual({ 'org.example.feature': true });
    const { capabilities } = (await server.call('GET', '/capabilities', undefined, token)).body;
    expect(capabilities).toMatchObject({
      'm.change_password': { enabled: true },
      'm.room_versions': { available: { '1': 'stable', '12': 'stable' } },
      'org.example.thing': { enabled: true },
    });
    expect((await server.call('GET', '/.well-known/matrix/client')).body).toEqual({ 'm.homeserver': { base_url: 'https://test.example' } });
    expect((await server.call('GET', '/.well-known/matrix/support')).body).toEqual({
      contacts: [{ role: 'm.role.admin', email_address: 'admin@test.example' }],
    });
    const page = await fetch(`${server.base}/`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('test.example');
    expect((await fetch(`${server.base}/health`)).status).toBe(200);
    expect(await (await fetch(`${server.base}/metrics`)).text()).toContain('weft_http_requests_total{route="/_matrix/client/versions"');
  });
});
