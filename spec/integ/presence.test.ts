import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DeviceId, RoomId, ServerName, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import presence from '../../src/modules/presence/index.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type Answer, type Caller, type ModuleHost, moduleHost, SERVER } from '../support/module-host.ts';

const ALICE: Caller = { userId: `@alice:${SERVER}` as UserId, deviceId: 'PHONE' as DeviceId };
const BOB: Caller = { userId: `@bob:${SERVER}` as UserId, deviceId: 'DESK' as DeviceId };
const STRANGER: Caller = { userId: `@stranger:${SERVER}` as UserId, deviceId: 'X' as DeviceId };
const REMOTE = '@remote:elsewhere.test' as UserId;
const ROOM = '!room:weft.test' as RoomId;

let database: TestDatabase;
let host: ModuleHost;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  host = await moduleHost({ database, plugins: [presence] });
  for (const { userId, deviceId } of [ALICE, BOB, STRANGER]) host.users.add(userId, deviceId as DeviceId);
  for (const userId of [ALICE.userId, BOB.userId, REMOTE]) await host.members.setMember(ROOM, userId, 'join');
});
afterEach(() => host[Symbol.asyncDispose]());

const path = (userId: UserId): string => `/_matrix/client/v3/presence/${userId}/status`;

function put(body: JsonObject, as = ALICE, userId = as.userId): Promise<Answer> {
  return host.request({ method: 'PUT', path: path(userId), as, body });
}

async function news(caller: Caller, from: number | null): Promise<JsonObject[]> {
  // Announcements are committed a few turns after their cause.
  await host.clock.advance(0);
  await host.commits.idle();
  const { contributions } = await host.sync(caller, { from });
  return contributions.flatMap((part) => part.presence ?? []);
}

test('those who share a room see it, strangers neither in sync nor when they ask', async () => {
  const from = host.commits.position;
  expect((await put({ presence: 'online', status_msg: 'here' })).status).toBe(200);
  const content = { presence: 'online', last_active_ago: 0, currently_active: true, status_msg: 'here' };
  expect(await news(BOB, from)).toEqual([{ type: 'm.presence', sender: ALICE.userId, content }]);
  expect(await news(BOB, null)).toHaveLength(1);
  expect(await news(STRANGER, from)).toEqual([]);
  expect((await host.request({ method: 'GET', path: path(ALICE.userId), as: BOB })).body).toEqual(content);
  expect((await host.request({ method: 'GET', path: path(ALICE.userId), as: STRANGER })).status).toBe(403);
  expect((await put({ presence: 'online' }, ALICE, BOB.userId)).status).toBe(403);
  expect((await put({ presence: 'asleep' })).status).toBe(400);
});

test('a user who goes on syncing becomes idle, one who stops is offline', async () => {
  const slot = host.slot('presence');
  void slot?.touch(ALICE.userId, 'online');
  const from = host.commits.position;
  for (let minute = 0; minute < 6; minute += 1) {
    await host.clock.advance(60_000);
    void slot?.touch(ALICE.userId, 'online');
  }
  expect((await news(BOB, from)).map((event) => (event['content'] as JsonObject)['presence'])).toEqual(['unavailable']);
  const idle = host.commits.position;
  await host.clock.advance(90_000);
  expect((await news(BOB, idle)).map((event) => (event['content'] as JsonObject)['presence'])).toEqual(['offline']);
});

test('coming back has its place in the log before the sync that shows it is answered', async () => {
  const slot = host.slot('presence');
  await put({ presence: 'offline' });
  const from = host.commits.position;
  await slot?.touch(ALICE.userId, 'online');
  expect(host.commits.position).toBeGreaterThan(from);
  expect(slot?.touch(ALICE.userId, 'online')).toBeUndefined();
});

test('nothing is told while nothing changes', async () => {
  void host.slot('presence')?.touch(ALICE.userId, 'online');
  await news(BOB, null);
  const from = host.commits.position;
  for (let i = 0; i < 10; i += 1) void host.slot('presence')?.touch(ALICE.userId, 'online');
  expect(await news(BOB, from)).toEqual([]);
  expect(host.commits.position).toBe(from);
});

test('busy stays busy, whatever the clients sync with', async () => {
  await put({ presence: 'busy' });
  void host.slot('presence')?.touch(ALICE.userId, 'online');
  expect(await host.slot('presence')?.get(ALICE.userId)).toMatchObject({ presence: 'org.matrix.msc3026.busy' });
});

test("other servers' users are believed when they are theirs", async () => {
  const from = host.commits.position;
  const push = [REMOTE, ALICE.userId].map((user_id) => ({ user_id, presence: 'online', last_active_ago: 500 }));
  await host.edu('m.presence', { push }, 'elsewhere.test' as ServerName);
  expect((await news(BOB, from)).map((event) => event['sender'])).toEqual([REMOTE]);
});

test('without presence everybody is offline', async () => {
  await using off = await moduleHost({ database, plugins: [presence], config: { presence: { enabled: false } } });
  off.users.add(ALICE.userId, ALICE.deviceId as DeviceId);
  expect(off.slot('presence')).toBeNull();
  expect((await off.request({ method: 'PUT', path: path(ALICE.userId), as: ALICE, body: { presence: 'online' } })).status).toBe(200);
  expect((await off.request({ method: 'GET', path: path(ALICE.userId), as: ALICE })).body).toEqual({ presence: 'offline' });
});
