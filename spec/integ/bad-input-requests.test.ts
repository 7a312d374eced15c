import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expandPaths } from '../../src/http/expand-paths.ts';
import { expectRefusal } from '../support/bad-input/expect-refusal.ts';
import { fillPath, paramNames } from '../support/bad-input/fill-path.ts';
import { rawRequest, type RawAnswer, type RawRequest } from '../support/bad-input/raw-request.ts';
import { rowCounts } from '../support/bad-input/row-counts.ts';
import { type BadInputWorld, badInputWorld, bodyFor, nameOf } from '../support/bad-input/world.ts';

// Requests that are wrong whatever the endpoint does: tokens, methods, paths, parameters. Made from the endpoint table.

let world: BadInputWorld;
let expiredToken: string;

beforeAll(async () => {
  world = await badInputWorld();
  const { admin, alice } = world;
  const answer = await admin.ok('POST', `/_synapse/admin/v1/users/${encodeURIComponent(alice.userId)}/login`, { valid_until_ms: 1 });
  expiredToken = answer.access_token;
});
afterAll(() => world[Symbol.asyncDispose]());

function send(request: RawRequest): Promise<RawAnswer> {
  return rawRequest(world.server.url, request);
}

describe('access tokens', () => {
  test('without a token, with an unknown or an expired one, nothing is answered and nothing is changed', async () => {
    const before = await rowCounts(world.server.database.sql);
    for (const endpoint of world.endpoints) {
      const { method, auth, path } = endpoint.spec;
      if (auth === 'none') continue;
      const name = nameOf(endpoint);
      const call = { method, path: fillPath(path, world.hers), body: JSON.stringify(bodyFor(endpoint) ?? {}) };
      if (auth !== 'optional') {
        const missing = { status: 401, errcode: 'M_MISSING_TOKEN' };
        expectRefusal(await send(call), `${name} without a token`, missing);
        expectRefusal(await send({ ...call, token: '' }), `${name} with an empty token`, missing);
        expectRefusal(await send({ ...call, headers: { authorization: 'Basic YTpi' } }), `${name} with another scheme`, missing);
      }
      const unknown = { status: 401, errcode: 'M_UNKNOWN_TOKEN' };
      for (const token of ['unknown', 'x'.repeat(5_000), '%00', '🙂'.normalize().replaceAll(/./gu, 'x')]) {
        expectRefusal(await send({ ...call, token }), `${name} with an unknown token`, unknown);
      }
      const query = `${call.path}?access_token=${encodeURIComponent('un known')}`;
      expectRefusal(await send({ ...call, path: query }), `${name} with an unknown token in the query`, unknown);
      const expired = await send({ ...call, token: expiredToken });
      expectRefusal(expired, `${name} with an expired token`, unknown);
      expect(expired.json?.['soft_logout']).toBe(true);
    }
    expect(await rowCounts(world.server.database.sql)).toEqual(before);
  });

  test('guests and ordinary users are kept from what is not for them', async () => {
    const before = await rowCounts(world.server.database.sql);
    for (const endpoint of world.endpoints) {
      const { method, auth, path } = endpoint.spec;
      const call = { method, path: fillPath(path, world.hers), body: JSON.stringify(bodyFor(endpoint) ?? {}) };
      if (auth === 'user') {
        const refusal = { status: 403, errcode: 'M_GUEST_ACCESS_FORBIDDEN' };
        expectRefusal(await send({ ...call, token: world.guest.token }), `${nameOf(endpoint)} by a guest`, refusal);
      }
      if (auth === 'admin' || auth === 'appservice') {
        const refusal = { status: 403, errcode: 'M_FORBIDDEN' };
        expectRefusal(await send({ ...call, token: world.mallory.token }), `${nameOf(endpoint)} by a user`, refusal);
      }
    }
    expect(await rowCounts(world.server.database.sql)).toEqual(before);
  });
});

describe('methods and paths', () => {
  test('a known path with another method is answered 405, under every spelling', async () => {
    const methods = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'];
    const shape = (path: string) => path.replaceAll(/:[A-Za-z]+/g, ':');
    const known = new Map<string, Set<string>>();
    for (const { spec } of world.endpoints)
      for (const path of expandPaths(spec)) known.set(shape(path), (known.get(shape(path)) ?? new Set()).add(spec.method));
    const patterns = [...known.keys()].map((path) => new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(':', '[^/]+')}$`));
    for (const { spec } of world.endpoints) {
      for (const pattern of expandPaths(spec)) {
        const path = fillPath(pattern, world.hers).replace(/\/$/, '');
        // A path that another pattern matches too may know the method there.
        if (patterns.filter((candidate) => candidate.test(path)).length !== 1) continue;
        const other = methods.find((method) => known.get(shape(pattern))?.has(method) === false);
        expectRefusal(await send({ method: other ?? 'PATCH', path, token: world.alice.token }), `${other} ${pattern}`, {
          status: 405,
          errcode: 'M_UNRECOGNIZED',
        });
      }
    }
  });

  test.each([
    '/_matrix/client/v3/unknown',
    '/_matrix/client/v3',
    '/_matrix/client/v99/sync',
    '/_matrix/client/unstable/org.example/thing',
    '/_matrix/',
    '/_matrix/media/v3/unknown',
    '/_matrix/federation/v1/unknown',
    '/_matrix/key/v2/unknown',
    '/_synapse/admin/v1/unknown',
    '/_matrix/client/v3/SYNC',
    '//_matrix/client/v3/sync',
    '/_matrix/client/v3/sync/more',
    '/_matrix/client/v3/../../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
  ])('an unknown path is answered 404: %s', (path) => expectUnknown(path));

  test('a path of thousands of segments is answered 404', async () => {
    await expectUnknown('/x'.repeat(2_000));
    await expectUnknown(`/_matrix/client/v3/rooms${'/x'.repeat(500)}`);
  });

  async function expectUnknown(path: string): Promise<void> {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      expectRefusal(await send({ method, path, token: world.alice.token }), `${method} ${path}`, {
        status: 404,
        errcode: 'M_UNRECOGNIZED',
      });
    }
  }

  test('a preflight is answered everywhere, without a token', async () => {
    for (const { spec } of world.endpoints) {
      const answer = await send({ method: 'OPTIONS', path: fillPath(spec.path, world.hers) });
      expect(answer.status).toBe(204);
      expect(answer.headers['access-control-allow-origin']).toBe('*');
    }
  });
});

/** Encoded values that are no identifier of any kind. */
const MALFORMED = ['%00', 'a%00b', '%zz', '%', '%ff', '%ED%A0%80', '%C0%AF'];
/** Valid text that is no room, user, event id. */
const NOT_AN_ID = [
  'x',
  '!',
  '@',
  '$',
  '%23',
  '%20',
  '%F0%9F%99%82',
  '@%3A',
  '%21x%3A',
  'a%2Fb',
  '..%2F..',
  '%21'.concat('x'.repeat(300)),
  'y'.repeat(8_000),
  '-1',
  '1e9',
  '__proto__',
  'constructor',
];
const PARSED = new Set(['roomId', 'userId', 'eventId', 'roomAlias', 'serverName']);

describe('parameters of the path', () => {
  test('text that is not percent-encoded UTF-8, or holds NUL, is refused', async () => {
    const before = await rowCounts(world.server.database.sql);
    for (const endpoint of world.endpoints) {
      const { method, path } = endpoint.spec;
      for (const name of paramNames(path)) {
        for (const value of MALFORMED) {
          const call = { method, path: fillPath(path, world.hers, { [name]: value }), token: world.alice.token };
          const answer = await send({ ...call, body: JSON.stringify(bodyFor(endpoint) ?? {}) });
          expectRefusal(answer, `${nameOf(endpoint)} with ${name} ${value}`, { status: 400, errcode: 'M_INVALID_PARAM' });
        }
      }
    }
    expect(await rowCounts(world.server.database.sql)).toEqual(before);
  });

  test('what is no identifier is refused where one belongs, and harmless elsewhere', async () => {
    for (const endpoint of world.endpoints) {
      const { method, path } = endpoint.spec;
      for (const name of paramNames(path)) {
        const before = await rowCounts(world.server.database.sql);
        const { token } = endpoint.spec.auth === 'admin' ? world.admin : world.mallory;
        await Promise.all(
          NOT_AN_ID.map(async (value) => {
            const call = { method, path: fillPath(path, world.hers, { [name]: value }), token };
            const answer = await send({ ...call, body: JSON.stringify(bodyFor(endpoint) ?? {}) });
            if (PARSED.has(name) || answer.status >= 400) expectRefusal(answer, `${nameOf(endpoint)} with ${name} ${value.slice(0, 40)}`);
          }),
        );
        if (PARSED.has(name))
          expect({ endpoint: nameOf(endpoint), rows: await rowCounts(world.server.database.sql) }).toEqual({
            endpoint: nameOf(endpoint),
            rows: before,
          });
      }
    }
  });
});

/** Parameters that endpoints read from the query. */
const QUERY_NAMES = [
  ...['since', 'from', 'to', 'at', 'pos', 'limit', 'timeout', 'filter', 'dir', 'version', 'set_presence', 'full_state', 'membership'],
  ...['not_membership', 'event_id', 'ts', 'kind', 'username', 'token', 'order_by', 'recurse', 'server_name', 'via', 'user_id', 'include'],
];
const SENSELESS = ['', '-1', '99999999999999999999', '%00', '%zz', '%7B', '%7B%22room%22%3A%5B%5D%7D', 'x'.repeat(3_000)];

/** These are many requests; the limit is for hangs. */
const HANG_LIMIT_MS = 300_000;

test('senseless query parameters are ignored or refused', { timeout: HANG_LIMIT_MS }, async () => {
  for (const endpoint of world.endpoints) {
    const { method, path, auth } = endpoint.spec;
    if (method !== 'GET') continue;
    const { token } = auth === 'admin' ? world.admin : world.alice;
    // One value for all parameters at once, then for one at a time those that are read at all.
    for (const value of SENSELESS) {
      const at = fillPath(path, world.hers);
      const names = QUERY_NAMES.filter((name) => !(path.endsWith('/sync') && name === 'timeout'));
      const all = await send({ method, path: `${at}?${names.map((name) => `${name}=${value.slice(0, 300)}`).join('&')}`, token });
      if (all.status < 400) continue;
      expectRefusal(all, `${nameOf(endpoint)} with all parameters ${value.slice(0, 40)}`);
      // Refused before anything reads it.
      if (value === '%00') continue;
      await Promise.all(
        names.map(async (name) => {
          const answer = await send({ method, path: `${at}?${name}=${value}`, token });
          if (answer.status >= 400) expectRefusal(answer, `${nameOf(endpoint)}?${name}=${value.slice(0, 40)}`);
        }),
      );
    }
  }
});
