import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeviceId, RoomId, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import accountData from '../../src/modules/account-data/index.ts';
import pushRules from '../../src/modules/push-rules/index.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type Answer, type ModuleHost, moduleHost, SERVER } from '../support/module-host.ts';

const ALICE = { userId: `@alice:${SERVER}` as UserId, deviceId: 'PHONE' as DeviceId };
const BOB = { userId: `@bob:${SERVER}` as UserId, deviceId: 'DESK' as DeviceId };
const ROOM = '!room:weft.test' as RoomId;
const BASE = `/_matrix/client/v3/user/${ALICE.userId}`;

let database: TestDatabase;
let host: ModuleHost;
beforeAll(async () => {
  database = await testDatabase();
  host = await moduleHost({ database, plugins: [accountData, pushRules] });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function put(path: string, body: JsonObject, as = ALICE): Promise<Answer> {
  return host.request({ method: 'PUT', path, as, body });
}

function get(path: string, as = ALICE): Promise<Answer> {
  return host.request({ method: 'GET', path, as });
}

test('what was stored comes back, and reaches the other devices with the next sync', async () => {
  const from = host.commits.position;
  expect((await put(`${BASE}/account_data/org.example`, { colour: 'blue' })).status).toBe(200);
  expect((await get(`${BASE}/account_data/org.example`)).body).toEqual({ colour: 'blue' });
  const { contributions } = await host.sync(ALICE, { from });
  expect(contributions.flatMap((part) => part.accountData ?? [])).toEqual([{ type: 'org.example', content: { colour: 'blue' } }]);
});

test('an idle sync reads nothing', async () => {
  const from = host.commits.position;
  const before = host.statements;
  expect((await host.sync(ALICE, { from })).contributions).toEqual([]);
  expect(host.statements).toBe(before);
});

test.each(['m.fully_read', 'm.push_rules'])('%s is set by the server only', async (type) => {
  for (const path of [`${BASE}/account_data/${type}`, `${BASE}/rooms/${ROOM}/account_data/${type}`]) {
    expect(await put(path, {})).toMatchObject({ status: 405, body: { errcode: 'M_BAD_JSON' } });
  }
});

test('push rules can be read as account data', async () => {
  expect((await get(`${BASE}/account_data/m.push_rules`)).body['global']).toHaveProperty('override');
});

test('nobody reads or sets what belongs to somebody else', async () => {
  expect(await get(`${BASE}/account_data/org.example`, BOB)).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
  expect(await put(`${BASE}/account_data/org.example`, {}, BOB)).toMatchObject({ status: 403 });
});

test('what was never set is not found', async () => {
  expect(await get(`${BASE}/account_data/org.nothing`)).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
});

test('deleted data is gone, and clients are told', async () => {
  await put(`${BASE}/account_data/org.gone`, { a: 1 });
  const from = host.commits.position;
  const path = `/_matrix/client/unstable/org.matrix.msc3391/user/${ALICE.userId}/account_data/org.gone`;
  expect((await host.request({ method: 'DELETE', path, as: ALICE })).status).toBe(200);
  expect((await get(`${BASE}/account_data/org.gone`)).status).toBe(404);
  const { contributions } = await host.sync(ALICE, { from });
  expect(contributions.flatMap((part) => part.accountData ?? [])).toEqual([{ type: 'org.gone', content: {} }]);
});

test('tags live beside each other in m.tag of their room', async () => {
  await host.members.setMember(ROOM, ALICE.userId, 'join');
  const from = host.commits.position;
  const tags = `${BASE}/rooms/${ROOM}/tags`;
  await Promise.all([put(`${tags}/m.favourite`, { order: 0.5 }), put(`${tags}/u.work`, {})]);
  expect((await get(tags)).body).toEqual({ tags: { 'm.favourite': { order: 0.5 }, 'u.work': {} } });
  await host.request({ method: 'DELETE', path: `${tags}/u.work`, as: ALICE });
  const { contributions } = await host.sync(ALICE, { from });
  expect(contributions[0]?.rooms?.get(ROOM)?.accountData).toEqual([
    { type: 'm.tag', content: { tags: { 'm.favourite': { order: 0.5 } } } },
  ]);
  expect(await put(`${tags}/${'x'.repeat(256)}`, {})).toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } });
});

test('others learn at once whom somebody ignores', async () => {
  const ignored = host.slot('ignoredUsers');
  expect(await ignored?.ignoredBy(ALICE.userId)).toEqual(new Set());
  await put(`${BASE}/account_data/m.ignored_user_list`, { ignored_users: { [BOB.userId]: {} } });
  expect(await ignored?.ignoredBy(ALICE.userId)).toEqual(new Set([BOB.userId]));
  expect(await ignored?.ignoredByMany([ALICE.userId, BOB.userId])).toEqual(new Map([[ALICE.userId, new Set([BOB.userId])]]));
});
