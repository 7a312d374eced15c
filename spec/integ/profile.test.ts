import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DeviceId, ServerName, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import profile from '../../src/modules/profile/index.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type Answer, type Caller, type ModuleHost, moduleHost, SERVER } from '../support/module-host.ts';

const ALICE: Caller = { userId: `@alice:${SERVER}` as UserId, deviceId: 'PHONE' as DeviceId };
const BOB: Caller = { userId: `@bob:${SERVER}` as UserId, deviceId: 'DESK' as DeviceId };
const BASE = `/_matrix/client/v3/profile/${ALICE.userId}`;

let database: TestDatabase;
let host: ModuleHost;
let propagated: UserId[] = [];
beforeAll(async () => {
  database = await testDatabase();
  host = await moduleHost({
    database,
    plugins: [profile],
    config: { profile: { disallowed: ['org.example.fixed'] } },
    rooms: { propagateProfile: async (userId) => void propagated.push(userId) },
    slots: { remoteProfiles: { get: async (userId) => (userId === '@carol:elsewhere.test' ? { displayname: 'Carol' } : null) } },
  });
  for (const { userId, deviceId } of [ALICE, BOB]) host.users.add(userId, deviceId as DeviceId);
});
beforeEach(() => {
  propagated = [];
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function put(field: string, body: JsonObject, as: Caller = ALICE): Promise<Answer> {
  return host.request({ method: 'PUT', path: `${BASE}/${field}`, as, body });
}

test('names and avatars are shown and go to the rooms, other fields are only shown', async () => {
  expect((await put('displayname', { displayname: 'Alice' })).status).toBe(200);
  expect((await put('avatar_url', { avatar_url: 'mxc://weft.test/abc' })).status).toBe(200);
  expect(propagated).toEqual([ALICE.userId, ALICE.userId]);
  expect((await put('m.tz', { 'm.tz': 'Europe/Berlin' })).status).toBe(200);
  expect((await put('org.example.mood', { 'org.example.mood': { level: 3 } })).status).toBe(200);
  expect(propagated).toHaveLength(2);
  expect((await host.request({ method: 'GET', path: BASE })).body).toEqual({
    displayname: 'Alice',
    avatar_url: 'mxc://weft.test/abc',
    'm.tz': 'Europe/Berlin',
    'org.example.mood': { level: 3 },
  });
  expect((await host.request({ method: 'GET', path: `${BASE}/m.tz` })).body).toEqual({ 'm.tz': 'Europe/Berlin' });
});

test('the same value again changes nothing', async () => {
  await put('displayname', { displayname: 'Twice' });
  const position = host.commits.position;
  propagated = [];
  await put('displayname', { displayname: 'Twice' });
  expect(propagated).toEqual([]);
  expect(host.commits.position).toBe(position);
});

test('a deleted field is not found', async () => {
  await put('org.example.mood', { 'org.example.mood': null });
  expect((await host.request({ method: 'GET', path: `${BASE}/org.example.mood` })).body).toEqual({ 'org.example.mood': null });
  expect((await host.request({ method: 'DELETE', path: `${BASE}/org.example.mood`, as: ALICE })).status).toBe(200);
  expect(await host.request({ method: 'GET', path: `${BASE}/org.example.mood` })).toMatchObject({
    status: 404,
    body: { errcode: 'M_NOT_FOUND' },
  });
});

test.each([
  ['a name without a namespace', 'mood', { mood: 1 }, 400, 'M_INVALID_PARAM'],
  ['capital letters', 'org.Example', { 'org.Example': 1 }, 400, 'M_INVALID_PARAM'],
  ['a name of 256 bytes', `org.${'x'.repeat(252)}`, {}, 400, 'M_KEY_TOO_LARGE'],
  ['a body about another field', 'displayname', { name: 'x' }, 400, 'M_MISSING_PARAM'],
  ['a profile of 64 KiB', 'org.example.big', { 'org.example.big': 'x'.repeat(65_530) }, 400, 'M_PROFILE_TOO_LARGE'],
  ['an avatar elsewhere', 'avatar_url', { avatar_url: 'https://example.org/a.png' }, 400, 'M_INVALID_PARAM'],
  ['a display name that is no text', 'displayname', { displayname: 7 }, 400, 'M_INVALID_PARAM'],
  ['a field that is fixed here', 'org.example.fixed', { 'org.example.fixed': 1 }, 403, 'M_FORBIDDEN'],
])('%s is refused', async (_what, field, body, status, errcode) => {
  expect(await put(field, body as JsonObject)).toMatchObject({ status, body: { errcode } });
});

test('only its owner changes a profile, and a guest only the name', async () => {
  expect(await put('displayname', { displayname: 'x' }, BOB)).toMatchObject({ status: 403 });
  expect(await put('m.tz', { 'm.tz': 'UTC' }, { ...ALICE, isGuest: true })).toMatchObject({ status: 403 });
  expect(await put('displayname', { displayname: 'Guest' }, { ...ALICE, isGuest: true })).toMatchObject({ status: 200 });
});

test('people elsewhere are asked about, strangers are not found', async () => {
  const profileOf = (userId: string): Promise<Answer> => host.request({ method: 'GET', path: `/_matrix/client/v3/profile/${userId}` });
  expect((await profileOf('@carol:elsewhere.test')).body).toEqual({ displayname: 'Carol' });
  expect((await profileOf('@dave:elsewhere.test')).status).toBe(404);
  expect((await profileOf(`@nobody:${SERVER}`)).status).toBe(404);
  expect(await profileOf(BOB.userId)).toEqual({ status: 200, body: {} });
});

test('other servers get all fields or the one they ask for', async () => {
  await put('displayname', { displayname: 'Alice' });
  const query = (text: string): Promise<Answer> =>
    host.request({ method: 'GET', path: `/_matrix/federation/v1/query/profile?${text}`, origin: 'elsewhere.test' as ServerName });
  expect((await query(`user_id=${ALICE.userId}`)).body).toMatchObject({ displayname: 'Alice', 'm.tz': 'Europe/Berlin' });
  expect((await query(`user_id=${ALICE.userId}&field=displayname`)).body).toEqual({ displayname: 'Alice' });
  expect((await query(`user_id=@nobody:${SERVER}`)).status).toBe(404);
});
