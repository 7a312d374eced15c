import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DeviceId, RoomId, ServerName, UserId } from '../../src/core/ids/brands.ts';
import { parseSyncFilter } from '../../src/core/filters/parse-filter.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import accountData from '../../src/modules/account-data/index.ts';
import pushRules from '../../src/modules/push-rules/index.ts';
import receipts from '../../src/modules/receipts/index.ts';
import type { StoredEvent } from '../../src/plugin-api/stored-event.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { MiniRoom, miniRoomsPort } from '../support/mini-room.ts';
import { type Answer, type Caller, type ModuleHost, moduleHost, SERVER } from '../support/module-host.ts';

const ALICE: Caller = { userId: `@alice:${SERVER}` as UserId, deviceId: 'PHONE' as DeviceId };
const BOB: Caller = { userId: `@bob:${SERVER}` as UserId, deviceId: 'DESK' as DeviceId };
const REMOTE = '@remote:elsewhere.test' as UserId;
const ROOM = '!room:weft.test' as RoomId;
const BASE = `/_matrix/client/v3/rooms/${ROOM}`;

let database: TestDatabase;
let host: ModuleHost;
let room: MiniRoom;
beforeEach(async () => {
  database = await testDatabase();
  room = new MiniRoom({ roomId: ROOM, nid: 1 });
  host = await moduleHost({ database, plugins: [accountData, receipts, pushRules], rooms: miniRoomsPort([room]) });
  room.attach(host);
  await room.send({ sender: ALICE.userId, type: 'm.room.create', stateKey: '', content: {} });
  for (const userId of [ALICE.userId, BOB.userId, REMOTE]) await room.setMember(userId, 'join');
});
afterEach(async () => {
  await host[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function say(body: string, options: { thread?: StoredEvent; mentions?: UserId[]; relatesTo?: StoredEvent } = {}): Promise<StoredEvent> {
  const { thread, mentions = [], relatesTo } = options;
  const content: JsonObject = { msgtype: 'm.text', body, 'm.mentions': { user_ids: mentions } };
  if (relatesTo !== undefined) content['m.relates_to'] = { event_id: relatesTo.eventId, rel_type: 'm.reference' };
  return room.send({ sender: ALICE.userId, type: 'm.room.message', content, ...(thread === undefined ? {} : { thread }) });
}

function receipt(type: string, event: StoredEvent | string, body: JsonObject = {}, as = BOB): Promise<Answer> {
  const eventId = typeof event === 'string' ? event : event.eventId;
  return host.request({ method: 'POST', path: `${BASE}/receipt/${type}/${encodeURIComponent(eventId)}`, as, body });
}

async function ephemeral(caller: Caller, from: number | null): Promise<JsonObject[]> {
  const own = room.userRoom(caller.userId);
  const joined = new Map(own === null ? [] : [[ROOM, own]]);
  const { contributions } = await host.sync(caller, { from, request: { joined } });
  return contributions.flatMap((part) => part.rooms?.get(ROOM)?.ephemeral ?? []);
}

async function unread(threads: boolean): Promise<JsonObject | undefined> {
  const own = room.userRoom(BOB.userId);
  if (own === null) throw new Error('not in the room');
  const filter = parseSyncFilter({ room: { timeline: { unread_thread_notifications: threads } } });
  const request = {
    userId: BOB.userId,
    deviceId: BOB.deviceId,
    isGuest: false,
    from: null,
    to: host.commits.position,
    fullState: false,
    joined: new Map([[ROOM, own]]),
    newlyJoined: new Set<RoomId>(),
    membershipChanges: { appeared: new Set<UserId>(), vanished: new Set<UserId>() },
    filter,
    signal: new AbortController().signal,
  };
  const stream = host.streams.find(({ name }) => name === 'unread');
  return (await stream?.decorate?.(request, [ROOM]))?.get(ROOM)?.fields;
}

test('a receipt goes to the room, a private one to its sender only', async () => {
  const event = await say('hello');
  const from = host.commits.position;
  expect((await receipt('m.read', event)).status).toBe(200);
  expect((await receipt('m.read.private', event)).status).toBe(200);
  const ts = host.clock.now();
  const shared = { 'm.read': { [BOB.userId]: { ts } } };
  expect(await ephemeral(ALICE, from)).toEqual([{ type: 'm.receipt', content: { [event.eventId]: shared } }]);
  expect(await ephemeral(ALICE, null)).toEqual([{ type: 'm.receipt', content: { [event.eventId]: shared } }]);
  const own = { ...shared, 'm.read.private': { [BOB.userId]: { ts } } };
  expect(await ephemeral(BOB, from)).toEqual([{ type: 'm.receipt', content: { [event.eventId]: own } }]);
  expect(await ephemeral(BOB, null)).toEqual([{ type: 'm.receipt', content: { [event.eventId]: own } }]);
});

test('a receipt never moves backwards', async () => {
  const [first, second] = [await say('one'), await say('two')];
  await receipt('m.read', second);
  const from = host.commits.position;
  expect((await receipt('m.read', first)).status).toBe(200);
  expect(await ephemeral(ALICE, from)).toEqual([]);
});

test('receipts of different threads do not replace each other', async () => {
  const root = await say('root');
  const reply = await say('reply', { thread: root });
  const from = host.commits.position;
  await receipt('m.read', reply);
  await receipt('m.read', reply, { thread_id: root.eventId });
  const events = await ephemeral(ALICE, from);
  expect(events.map((event) => (event['content'] as JsonObject)[reply.eventId])).toEqual([
    { 'm.read': { [BOB.userId]: { ts: host.clock.now() } } },
    { 'm.read': { [BOB.userId]: { ts: host.clock.now(), thread_id: root.eventId } } },
  ]);
});

test.each([
  ['a thread id that is no text', { thread_id: 7 }],
  ['an empty thread id', { thread_id: '' }],
  ['a thread that does not exist', { thread_id: '$nothing' }],
])('%s is refused', async (_what, body) => {
  expect(await receipt('m.read', await say('hello'), body)).toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } });
});

test('an event has to be related to the thread, if only indirectly', async () => {
  const [root, other] = [await say('root'), await say('other')];
  const reply = await say('reply', { thread: root });
  const reference = await say('about the root', { relatesTo: root });
  expect((await receipt('m.read', other, { thread_id: root.eventId })).status).toBe(400);
  expect((await receipt('m.read', reply, { thread_id: 'main' })).status).toBe(400);
  expect((await receipt('m.read', reference, { thread_id: root.eventId })).status).toBe(200);
  expect((await receipt('m.fully_read', reply, { thread_id: root.eventId })).status).toBe(400);
});

test('types, events and rooms have to exist', async () => {
  const event = await say('hello');
  expect((await receipt('m.seen', event)).status).toBe(400);
  expect((await receipt('m.read', '$nothing')).status).toBe(404);
  expect((await receipt('m.read', event, {}, { ...BOB, userId: `@out:${SERVER}` as UserId })).status).toBe(403);
});

test('markers and receipts move together, the fully read marker never back', async () => {
  const [first, second] = [await say('one'), await say('two')];
  const mark = (body: JsonObject): Promise<Answer> => host.request({ method: 'POST', path: `${BASE}/read_markers`, as: BOB, body });
  await mark({ 'm.fully_read': second.eventId, 'm.read': second.eventId });
  expect((await mark({ 'm.fully_read': first.eventId })).status).toBe(200);
  const path = `/_matrix/client/v3/user/${BOB.userId}/rooms/${ROOM}/account_data/m.fully_read`;
  expect((await host.request({ method: 'GET', path, as: BOB })).body).toEqual({ event_id: second.eventId });
});

test('counts follow messages, mentions, threads and receipts', async () => {
  const a = await say('A');
  const b = await say('B', { thread: a });
  await say('C', { thread: a, mentions: [BOB.userId] });
  const d = await say('D', { mentions: [BOB.userId] });
  await say('E', { thread: a });
  const f = await say('F', { relatesTo: a });
  const g = await room.send({
    sender: ALICE.userId,
    type: 'm.reaction',
    content: { 'm.relates_to': { event_id: f.eventId, rel_type: 'm.annotation', key: 'x' } },
  });
  const counts = (notification_count: number, highlight_count: number): JsonObject => ({ notification_count, highlight_count });

  expect(await unread(false)).toEqual({ unread_notifications: counts(6, 2) });
  expect(await unread(true)).toEqual({
    unread_notifications: counts(3, 1),
    unread_thread_notifications: { [a.eventId]: counts(3, 1) },
  });
  await receipt('m.read', a, { thread_id: 'main' });
  expect(await unread(false)).toEqual({ unread_notifications: counts(5, 2) });
  await receipt('m.read.private', b, { thread_id: a.eventId });
  expect(await unread(true)).toEqual({
    unread_notifications: counts(2, 1),
    unread_thread_notifications: { [a.eventId]: counts(2, 1) },
  });
  await receipt('m.read', d);
  expect(await unread(true)).toEqual({
    unread_notifications: counts(1, 0),
    unread_thread_notifications: { [a.eventId]: counts(1, 0) },
  });
  await receipt('m.read', g, { thread_id: a.eventId });
  expect(await unread(true)).toEqual({ unread_notifications: counts(1, 0) });
});

test('an ordinary message writes no exception, and warm counts need no SQL', async () => {
  await say('hello');
  await unread(true);
  const from = host.statements;
  expect(await unread(true)).toEqual({ unread_notifications: { notification_count: 1, highlight_count: 0 } });
  expect(host.statements).toBe(from);
  await say('and again');
  expect(await unread(true)).toEqual({ unread_notifications: { notification_count: 2, highlight_count: 0 } });
  expect(await database.sql`select * from unread_exception`).toEqual([]);
});

test("other servers' receipts count for their own users in the room", async () => {
  const event = await say('hello');
  const from = host.commits.position;
  const entry = { event_ids: [event.eventId], data: { ts: 5 } };
  await host.edu('m.receipt', { [ROOM]: { 'm.read': { [REMOTE]: entry, [BOB.userId]: entry } } }, 'elsewhere.test' as ServerName);
  expect(await ephemeral(ALICE, from)).toEqual([
    { type: 'm.receipt', content: { [event.eventId]: { 'm.read': { [REMOTE]: { ts: 5 } } } } },
  ]);
});
