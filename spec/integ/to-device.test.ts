import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeviceId, ServerName, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import toDevice from '../../src/modules/to-device/index.ts';
import { DELETION_DELAY_MS, MESSAGE_BYTES_MAX, MESSAGES_PER_SYNC_MAX, QUEUE_MESSAGES_MAX } from '../../src/modules/to-device/limits.ts';
import { shortenQueues } from '../../src/modules/to-device/store.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type Caller, type ModuleHost, moduleHost } from '../support/module-host.ts';

let database: TestDatabase;
let host: ModuleHost;
let n = 0;

const device = (userId: string, deviceId: string): Caller => ({ userId: userId as UserId, deviceId: deviceId as DeviceId });
let alice: Caller;
let phone: Caller;
let laptop: Caller;

beforeAll(async () => {
  database = await testDatabase();
  host = await moduleHost({ database, plugins: [toDevice] });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});
/** Every test has its own people. */
beforeEach(() => {
  n++;
  alice = device(`@alice${n}:weft.test`, 'ALICE');
  phone = device(`@bob${n}:weft.test`, 'PHONE');
  laptop = device(`@bob${n}:weft.test`, 'LAPTOP');
  know(host);
});

function know(target: ModuleHost): void {
  for (const caller of [alice, phone, laptop]) target.users.add(caller.userId, caller.deviceId as DeviceId);
}

function send(messages: JsonObject, options: { txn?: string; type?: string; as?: Caller; host?: ModuleHost } = {}) {
  return (options.host ?? host).request({
    method: 'PUT',
    path: `/_matrix/client/v3/sendToDevice/${options.type ?? 'm.test'}/${options.txn ?? `txn${++n}`}`,
    as: options.as ?? alice,
    body: { messages },
  });
}

const bodies = (events: readonly JsonObject[]) => events.map((event) => (event['content'] as JsonObject)['n']);

describe('sending to devices', () => {
  test('a message reaches the named device once, as an event with sender, type and content', async () => {
    expect(await send({ [phone.userId]: { PHONE: { n: 1 } } }, { type: 'm.room_key_request' })).toEqual({ status: 200, body: {} });
    expect((await host.sync(phone)).toDevice).toEqual([{ type: 'm.room_key_request', sender: alice.userId, content: { n: 1 } }]);
    expect((await host.sync(laptop)).toDevice).toEqual([]);
  });

  test('the wildcard reaches every device that exists when it is sent, and a named device gets its own message instead', async () => {
    await send({ [phone.userId]: { '*': { n: 'all' }, LAPTOP: { n: 'own' } } });
    host.users.add(phone.userId, 'TABLET' as DeviceId);
    expect(bodies((await host.sync(phone)).toDevice)).toEqual(['all']);
    expect(bodies((await host.sync(laptop)).toDevice)).toEqual(['own']);
    expect((await host.sync({ ...phone, deviceId: 'TABLET' as DeviceId })).toDevice).toEqual([]);
  });

  test('messages for devices and users that do not exist are taken and stored nowhere', async () => {
    const nobody = `@nobody${n}:weft.test`;
    expect((await send({ [phone.userId]: { GONE: { n: 1 } }, [nobody]: { '*': { n: 1 } } })).status).toBe(200);
    expect(await database.sql`select 1 from to_device where user_id in (${phone.userId}, ${nobody})`).toHaveLength(0);
  });

  test('one request wakes exactly the users that got something', async () => {
    await send({ [phone.userId]: { PHONE: { n: 1 }, LAPTOP: { n: 2 } }, [alice.userId]: { GONE: { n: 3 } } });
    expect(host.commits.entries.at(-1)).toMatchObject({ stream: 'to_device', users: [phone.userId], data: null });
  });

  test.each([
    ['a user id without a server', { '@bob': { PHONE: {} } }],
    ['a list instead of devices', { '@bob:weft.test': [] }],
    ['a message that is not an object', { '@bob:weft.test': { PHONE: 'hello' } }],
  ])('%s is refused', async (_what, messages) => {
    expect(await send(messages as JsonObject)).toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } });
  });

  test('a message above the size limit is refused whole, for other servers too', async () => {
    const long = { text: 'x'.repeat(MESSAGE_BYTES_MAX) };
    expect(await send({ [phone.userId]: { PHONE: { n: 1 }, LAPTOP: long } })).toMatchObject({
      status: 413,
      body: { errcode: 'M_TOO_LARGE' },
    });
    expect(await send({ '@c:remote.test': { '*': long } })).toMatchObject({ status: 413 });
    expect((await host.sync(phone)).toDevice).toEqual([]);
  });

  test('a NUL character in content arrives; in a transaction id it is refused', async () => {
    await send({ [phone.userId]: { PHONE: { n: 'a\0b' } } });
    expect(bodies((await host.sync(phone)).toDevice)).toEqual(['a\0b']);
    expect(await send({}, { txn: 'a%00b' })).toMatchObject({ status: 400 });
  });
});

describe('transaction ids', () => {
  test('a repeated request is answered and sends nothing twice, also at the same time and after a restart', async () => {
    const messages = { [phone.userId]: { PHONE: { n: 1 } } };
    const answers = await Promise.all([1, 2, 3].map(() => send(messages, { txn: 'same' })));
    answers.push(await send(messages, { txn: 'same' }));
    expect(answers).toEqual(answers.map(() => ({ status: 200, body: {} })));

    await using restarted = await moduleHost({ database, plugins: [toDevice], position: host.commits.position });
    know(restarted);
    expect(await send(messages, { txn: 'same', host: restarted })).toEqual({ status: 200, body: {} });
    expect((await restarted.sync(phone)).toDevice).toHaveLength(1);
  });

  test('the same id of another device, or for another event type, is another transaction', async () => {
    host.users.add(alice.userId, 'OTHER' as DeviceId);
    await send({ [phone.userId]: { PHONE: { n: 1 } } }, { txn: 't' });
    await send({ [phone.userId]: { PHONE: { n: 2 } } }, { txn: 't', type: 'm.other' });
    await send({ [phone.userId]: { PHONE: { n: 3 } } }, { txn: 't', as: { ...alice, deviceId: 'OTHER' as DeviceId } });
    expect(bodies((await host.sync(phone)).toDevice)).toEqual([1, 2, 3]);
  });
});

describe('delivery', () => {
  test('messages come again until the device returns with a token that covers them, then they are deleted', async () => {
    await send({ [phone.userId]: { PHONE: { n: 1 } } });
    const first = await host.sync(phone);
    expect((await host.sync(phone)).toDevice).toEqual(first.toDevice);
    expect((await host.sync(phone, { from: first.next })).toDevice).toEqual([]);
    await host.clock.advance(DELETION_DELAY_MS);
    await expect.poll(() => database.sql`select 1 from to_device where user_id = ${phone.userId}`).toHaveLength(0);
  });

  test('a message that arrives between the answer and the next request is not deleted with the others', async () => {
    await send({ [phone.userId]: { PHONE: { n: 1 } } });
    const first = await host.sync(phone);
    await send({ [phone.userId]: { PHONE: { n: 2 } } });
    expect(bodies((await host.sync(phone, { from: first.next })).toDevice)).toEqual([2]);
    await host.clock.advance(DELETION_DELAY_MS);
    expect(bodies((await host.sync(phone, { from: first.next })).toDevice)).toEqual([2]);
  });

  test('a long queue comes in order and in pages, each with the token that it reaches', async () => {
    const all = Array.from({ length: 2 * MESSAGES_PER_SYNC_MAX + 5 }, (_, index) => index);
    await Promise.all(all.map((index) => send({ [phone.userId]: { PHONE: { n: index } } })));
    const stored = await database.sql`select json from to_device where user_id = ${phone.userId} order by pos`;
    const seen: unknown[] = [];
    const pages: number[] = [];
    for (let from: number | null = null; pages.at(-1) !== 0; ) {
      const page = await host.sync(phone, { from });
      pages.push(page.toDevice.length);
      seen.push(...page.toDevice);
      from = page.next;
    }
    expect(pages).toEqual([MESSAGES_PER_SYNC_MAX, MESSAGES_PER_SYNC_MAX, 5, 0]);
    expect(seen).toEqual(stored.map((row) => JSON.parse(row['json'])));
  });

  test('a sync up to an older position does not carry newer messages, and the next one does', async () => {
    const before = host.commits.position;
    await send({ [phone.userId]: { PHONE: { n: 1 } } });
    expect((await host.sync(phone, { to: before })).toDevice).toEqual([]);
    expect(bodies((await host.sync(phone, { from: before })).toDevice)).toEqual([1]);
  });

  test('idle syncs and acknowledgements ask the database nothing', async () => {
    await send({ [phone.userId]: { PHONE: { n: 1 } } });
    let from = (await host.sync(phone)).next;
    await host.sync(phone, { from });
    await host.clock.advance(DELETION_DELAY_MS);
    await host[Symbol.asyncDispose]();
    host = await moduleHost({ database, plugins: [toDevice], position: host.commits.position });
    know(host);
    from = (await host.sync(phone, { from })).next;
    await host.sync(phone, { from });
    await host.clock.advance(DELETION_DELAY_MS);
    await expect.poll(() => host.statements).toBeGreaterThan(0);
    await host.sync(phone, { from });
    await host.clock.advance(DELETION_DELAY_MS);
    const before = host.statements;
    for (let i = 0; i < 10; i++) {
      await send({ [alice.userId]: { ALICE: { n: i } } });
      const sent = host.statements;
      from = (await host.sync(phone, { from })).next;
      expect(host.statements).toBe(sent);
    }
    expect(host.statements).toBeGreaterThan(before);
  });

  test('a message that another node stored is found', async () => {
    const first = await host.sync(phone);
    await using other = await moduleHost({ database, plugins: [toDevice], position: host.commits.position });
    know(other);
    await send({ [phone.userId]: { PHONE: { n: 1 } } }, { host: other });
    await host.commits.commit({ stream: 'to_device', durability: 'memory', writes: [], users: [phone.userId] });
    expect(bodies((await host.sync(phone, { from: first.next })).toDevice)).toEqual([1]);
  });

  test('messages of a deleted device are gone, the other devices keep theirs', async () => {
    await send({ [phone.userId]: { '*': { n: 1 } } });
    await host.users.deleteDevices(phone.userId, ['PHONE' as DeviceId]);
    host.users.add(phone.userId, 'PHONE' as DeviceId);
    expect((await host.sync(phone)).toDevice).toEqual([]);
    expect((await host.sync(laptop)).toDevice).toHaveLength(1);
  });

  test('a queue above its limit loses its oldest messages, others nothing', async () => {
    await Promise.all([1, 2, 3, 4].map((index) => send({ [phone.userId]: { PHONE: { n: index } } })));
    await send({ [laptop.userId]: { LAPTOP: { n: 1 } } });
    expect(await shortenQueues(host.db, 3)).toBeGreaterThanOrEqual(1);
    expect((await host.sync(phone)).toDevice).toHaveLength(3);
    expect((await host.sync(laptop)).toDevice).toHaveLength(1);
    expect(QUEUE_MESSAGES_MAX).toBeGreaterThan(MESSAGES_PER_SYNC_MAX);
  });
});

describe('other servers', () => {
  const remote = 'remote.test' as ServerName;

  test('messages for their users stand in the log entry, by server, with an id that a repeated request would repeat', async () => {
    await send({ '@carol:remote.test': { '*': { n: 1 } }, '@dave:other.test': { D: { n: 2 } }, [phone.userId]: { PHONE: { n: 3 } } });
    const { data } = host.commits.entries.at(-1) ?? {};
    expect(data).toEqual({
      edu_type: 'm.direct_to_device',
      destinations: {
        'remote.test': {
          sender: alice.userId,
          type: 'm.test',
          message_id: expect.stringMatching(/^[\w-]{32}$/) as unknown,
          messages: { '@carol:remote.test': { '*': { n: 1 } } },
        },
        'other.test': expect.objectContaining({ messages: { '@dave:other.test': { D: { n: 2 } } } }) as unknown,
      },
    });
    expect(bodies((await host.sync(phone)).toDevice)).toEqual([3]);
  });

  test('a repeated request for them makes no second entry', async () => {
    await send({ '@carol:remote.test': { '*': {} } }, { txn: 'r' });
    const { length } = host.commits.entries;
    await send({ '@carol:remote.test': { '*': {} } }, { txn: 'r' });
    expect(host.commits.entries).toHaveLength(length);
  });

  test('their messages are delivered once per message id', async () => {
    const content = (id: string, body: JsonObject): JsonObject => ({
      sender: '@carol:remote.test',
      type: 'm.test',
      message_id: `${id}${n}`,
      messages: { [phone.userId]: { '*': body } },
    });
    await host.edu('m.direct_to_device', content('a', { n: 1 }), remote);
    await host.edu('m.direct_to_device', content('a', { n: 1 }), remote);
    await host.edu('m.direct_to_device', content('b', { n: 2 }), remote);
    expect((await host.sync(phone)).toDevice).toEqual([
      { type: 'm.test', sender: '@carol:remote.test', content: { n: 1 } },
      { type: 'm.test', sender: '@carol:remote.test', content: { n: 2 } },
    ]);
  });

  test('they cannot speak for users of others, nor send to users elsewhere through us', async () => {
    const entries = host.commits.entries.length;
    const good: JsonObject = { sender: '@carol:remote.test', type: 't', message_id: `x${n}`, messages: { [phone.userId]: { '*': {} } } };
    await host.edu('m.direct_to_device', { ...good, sender: alice.userId }, remote);
    await host.edu('m.direct_to_device', { ...good, message_id: 7 }, remote);
    await host.edu('m.direct_to_device', { ...good, messages: [] }, remote);
    await host.edu('m.direct_to_device', { ...good, messages: { '@x:third.test': { '*': {} } } }, remote);
    expect(host.commits.entries).toHaveLength(entries);
  });
});
