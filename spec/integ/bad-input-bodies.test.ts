import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BoundEndpoint } from '../../src/http/bound-endpoint.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import type { ApiClient } from '../support/api-client.ts';
import { expectRefusal } from '../support/bad-input/expect-refusal.ts';
import { fillPath } from '../support/bad-input/fill-path.ts';
import { type JunkBody, junkBodies } from '../support/bad-input/junk-bodies.ts';
import { type RawAnswer, rawRequest, type RawRequest } from '../support/bad-input/raw-request.ts';
import { rowCounts } from '../support/bad-input/row-counts.ts';
import { BODY_BYTES_MAX, type BadInputWorld, badInputWorld, bodyFor, nameOf } from '../support/bad-input/world.ts';

// Bodies that are too large, no JSON, or not what the endpoint's schema says. Made from the endpoint table.

let world: BadInputWorld;
let readers: readonly BoundEndpoint[];

beforeAll(async () => {
  world = await badInputWorld();
  readers = world.endpoints.filter(({ spec }) => spec.body !== undefined && spec.body !== 'stream');
});
afterAll(() => world[Symbol.asyncDispose]());

/** Thousands of requests; the limit is for hangs. */
const HANG_LIMIT_MS = 300_000;

/** A call that has everything right except its body. */
function call(endpoint: BoundEndpoint): RawRequest {
  const { method, path, auth } = endpoint.spec;
  const { token } = auth === 'admin' ? world.admin : world.alice;
  return { method, path: fillPath(path, world.hers), token: auth === 'none' ? null : token };
}

function send(request: RawRequest): Promise<RawAnswer> {
  return rawRequest(world.server.url, request);
}

/** All tables are as they were before. */
async function changingNothing(act: () => Promise<void>): Promise<void> {
  const before = await rowCounts(world.server.database.sql);
  await act();
  expect(await rowCounts(world.server.database.sql)).toEqual(before);
}

describe('bodies that are no JSON object', () => {
  const NOT_JSON: readonly (readonly [what: string, body: string | Uint8Array])[] = [
    ['an unfinished object', '{"a":'],
    ['two objects', '{}{}'],
    ['XML', '<a/>'],
    ['a comment', '{} // more'],
    ['invalid UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d)],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['a byte order mark', '\uFEFF{}'],
    ['NUL', '\0'],
  ];
  const NO_OBJECT: readonly (readonly [what: string, body: string])[] = [
    ['an array', '[]'],
    ['null', 'null'],
    ['a string', '"{}"'],
    ['a number', '1'],
    ['deep arrays', `{"a":${'['.repeat(600)}${']'.repeat(600)}}`],
    ['deep objects', `${'{"a":'.repeat(600)}1${'}'.repeat(600)}`],
    ['a lone surrogate', '{"a":"\\ud800"}'],
  ];

  test('are refused by every endpoint that reads one', async () => {
    await changingNothing(async () => {
      for (const endpoint of readers) {
        const right = call(endpoint);
        const name = nameOf(endpoint);
        for (const [what, body] of NOT_JSON)
          expectRefusal(await send({ ...right, body }), `${name}: ${what}`, { status: 400, errcode: 'M_NOT_JSON' });
        for (const [what, body] of NO_OBJECT)
          expectRefusal(await send({ ...right, body }), `${name}: ${what}`, { status: 400, errcode: 'M_BAD_JSON' });
        if (endpoint.spec.bodyOptional === true) continue;
        expectRefusal(await send(right), `${name}: no body`, { status: 400, errcode: 'M_NOT_JSON' });
      }
    });
  });
});

describe('bodies that are too large', () => {
  test('are refused when they are announced, before they are read', async () => {
    await changingNothing(async () => {
      for (const endpoint of readers) {
        const limit = endpoint.spec.bodyLimit ?? BODY_BYTES_MAX;
        for (const length of [limit + 1, 2 ** 40]) {
          const headers = { 'content-length': String(length) };
          const answer = await send({ ...call(endpoint), headers, body: '{', unfinished: true });
          expectRefusal(answer, nameOf(endpoint), { status: 413, errcode: 'M_TOO_LARGE' });
        }
      }
    });
  });

  test('are refused when they grow too large unannounced', async () => {
    await changingNothing(async () => {
      for (const endpoint of readers) {
        const limit = endpoint.spec.bodyLimit ?? BODY_BYTES_MAX;
        if (limit > 1_000_000) continue;
        const body = JSON.stringify({ key: 'x'.repeat(limit) });
        const answer = await send({ ...call(endpoint), headers: { 'transfer-encoding': 'chunked' }, body });
        expectRefusal(answer, nameOf(endpoint), { status: 413, errcode: 'M_TOO_LARGE' });
      }
    });
  });
});

describe('bodies of another shape', () => {
  test('what the schema does not allow is refused and changes nothing', async () => {
    await changingNothing(async () => {
      for (const endpoint of readers) {
        const { body: schema } = endpoint.spec;
        if (typeof schema !== 'object') continue;
        const right = call(endpoint);
        for (const { what, body } of junkBodies(bodyFor(endpoint) ?? {})) {
          if (Value.Check(schema, body)) continue;
          const answer = await send({ ...right, body: JSON.stringify(body) });
          expectRefusal(answer, `${nameOf(endpoint)}: ${what}`, { status: 400, errcode: ['M_BAD_JSON', 'M_TOO_LARGE'] });
        }
      }
    });
  });

  test('what the schema allows is answered or refused, never a failure of the server', { timeout: HANG_LIMIT_MS }, async () => {
    const failures: string[] = [];
    for (const endpoint of readers) {
      const { body: schema, auth } = endpoint.spec;
      const example: JsonObject = bodyFor(endpoint) ?? {};
      const allowed = [...junkBodies(example)].filter(({ body }) => typeof schema !== 'object' || Value.Check(schema, body));
      for (let at = 0; at < allowed.length; at += BATCH) {
        const caller = auth === 'admin' ? world.admin : await victim();
        await Promise.all(allowed.slice(at, at + BATCH).map((junk) => tryBody(endpoint, caller, junk, failures)));
      }
    }
    expect(failures).toEqual([]);
    expect(await world.admin.ok('GET', '/account/whoami')).toMatchObject({ user_id: world.admin.userId });
  });
});

/** Requests at the same time. */
const BATCH = 6;

async function tryBody(endpoint: BoundEndpoint, caller: ApiClient, { what, body }: JunkBody, failures: string[]): Promise<void> {
  const { method, path, auth } = endpoint.spec;
  const own = { ...world.hers, userId: caller.userId, deviceId: caller.deviceId, kind: 'content', ruleId: 'own', txnId: caller.nextTxn() };
  // An administrator tries things on somebody who is not missed.
  const values = auth === 'admin' ? { ...own, userId: '@mallory:weft.test' } : own;
  const answer = await send({
    method,
    path: fillPath(path, values),
    token: auth === 'none' ? null : caller.token,
    body: JSON.stringify(body),
  });
  // The server runs in this process: nothing that a client sends may become a property of every object.
  const polluted = Object.keys(Object.prototype);
  if (polluted.length > 0) failures.push(`${nameOf(endpoint)}: ${what}: every object now has ${polluted.join(', ')}`);
  for (const key of polluted) delete (Object.prototype as { [key: string]: unknown })[key];
  // That the request before has ended the token is as good an answer as any.
  if (answer.status >= 500) failures.push(`${nameOf(endpoint)}: ${what}: ${answer.status} ${answer.text}`);
  else if (answer.status >= 400) expectRefusal(answer, `${nameOf(endpoint)}: ${what}`);
}

let current: ApiClient | null = null;
let victims = 0;

/** A user who may be logged out or deactivated by what is tried on them; in Alice's room. */
async function victim(): Promise<ApiClient> {
  if (current !== null && (await current.api('GET', '/account/whoami')).status === 200) return current;
  current = await world.server.register(`victim${++victims}`);
  await world.alice.invite(world.hers['roomId'] ?? '', current);
  await current.join(world.hers['roomId'] ?? '');
  return current;
}
