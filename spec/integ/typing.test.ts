import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DeviceId, RoomId, ServerName, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import typing from '../../src/modules/typing/index.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type Answer, type Caller, type ModuleHost, moduleHost, SERVER } from '../support/module-host.ts';

const ALICE: Caller = { userId: `@alice:${SERVER}` as UserId, deviceId: 'PHONE' as DeviceId };
const BOB: Caller = { userId: `@bob:${SERVER}` as UserId, deviceId: 'DESK' as DeviceId };
const REMOTE = '@remote:elsewhere.test' as UserId;
const ROOM = '!room:weft.test' as RoomId;

let database: TestDatabase;
let host: ModuleHost;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  host = await moduleHost({ database, plugins: [typing] });
  for (const userId of [ALICE.userId, BOB.userId, REMOTE]) await host.members.setMember(ROOM, userId, 'join');
});
afterEach(() => host[Symbol.asyncDispose]());

function type(body: JsonObject, as = ALICE, userId = as.userId): Promise<Answer> {
  return host.request({ method: 'PUT', path: `/_matrix/client/v3/rooms/${ROOM}/typing/${userId}`, as, body });
}

/** Who types, if there is news. */
async function seen(from: number | null): Promise<unknown> {
  const { contributions } = await host.sync(BOB, { from });
  const event = contributions[0]?.rooms?.get(ROOM)?.ephemeral?.[0];
  return (event?.['content'] as JsonObject | undefined)?.['user_ids'];
}

test('typing is seen until it ends', async () => {
  const from = host.commits.position;
  expect((await type({ typing: true, timeout: 10_000 })).status).toBe(200);
  expect(await seen(from)).toEqual([ALICE.userId]);
  expect(await seen(null)).toEqual([ALICE.userId]);
  const later = host.commits.position;
  expect(await seen(later)).toBeUndefined();
  await type({ typing: false });
  expect(await seen(later)).toEqual([]);
  expect(await seen(null)).toBeUndefined();
});

test('typing runs out by itself, later when it is repeated, and never lasts for ever', async () => {
  await type({ typing: true, timeout: 10_000 });
  const from = host.commits.position;
  await host.clock.advance(9_000);
  await type({ typing: true, timeout: 1_000_000_000 });
  await host.clock.advance(9_000);
  expect(await seen(from)).toBeUndefined();
  await host.clock.advance(120_000);
  expect(await seen(from)).toEqual([]);
});

test('only members type, and only for themselves', async () => {
  expect((await type({ typing: true }, ALICE, BOB.userId)).status).toBe(403);
  expect((await type({ typing: true }, { ...ALICE, userId: `@out:${SERVER}` as UserId })).status).toBe(403);
});

test("other servers' users are believed when they are in the room and theirs", async () => {
  const from = host.commits.position;
  const edu = (userId: UserId): Promise<boolean> =>
    host.edu('m.typing', { room_id: ROOM, user_id: userId, typing: true }, 'elsewhere.test' as ServerName);
  await edu(ALICE.userId);
  await edu('@out:elsewhere.test' as UserId);
  expect(await seen(from)).toBeUndefined();
  await edu(REMOTE);
  expect(await seen(from)).toEqual([REMOTE]);
});
