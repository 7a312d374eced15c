import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiClient } from '../support/api-client.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let alice: ApiClient;
let bob: ApiClient;

beforeAll(async () => {
  server = await startServer();
  alice = await server.register('alice');
  bob = await server.register('bob');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const relation = (relType: string, eventId: string, more: object = {}) => ({
  'm.relates_to': { rel_type: relType, event_id: eventId, ...more },
});
const edit = (eventId: string, body: string) => ({
  msgtype: 'm.text',
  body: `* ${body}`,
  'm.new_content': { msgtype: 'm.text', body },
  ...relation('m.replace', eventId),
});
const threaded = (root: string, body: string) => ({ msgtype: 'm.text', body, ...relation('m.thread', root) });

async function sharedRoom(options: object = {}): Promise<string> {
  const roomId = await alice.createRoom({ preset: 'public_chat', ...options });
  await bob.join(roomId);
  return roomId;
}

async function bundled(reader: ApiClient, roomId: string, eventId: string) {
  const { rooms } = await reader.sync({ filter: { room: { rooms: [roomId], timeline: { limit: 50 } } } });
  const room = rooms.join?.[roomId] ?? rooms.leave?.[roomId];
  const event = room.timeline.events.find((candidate: { event_id: string }) => candidate.event_id === eventId);
  return event?.unsigned['m.relations'];
}

async function redact(by: ApiClient, roomId: string, eventId: string): Promise<void> {
  await by.ok('PUT', `/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(eventId)}/${by.nextTxn()}`, {});
}

const relations = (roomId: string, eventId: string, rest = '') =>
  `/_matrix/client/v1/rooms/${encodeURIComponent(roomId)}/relations/${encodeURIComponent(eventId)}${rest}`;
const threads = (roomId: string, query = '') => `/_matrix/client/v1/rooms/${encodeURIComponent(roomId)}/threads${query}`;
const ids = (answer: { chunk: { event_id: string }[] }) => answer.chunk.map((event) => event.event_id);

describe('edits', () => {
  test('the newest edit is bundled as a full event, and the content of the original stays', async () => {
    const roomId = await sharedRoom();
    const original = await alice.say(roomId, 'one');
    expect(await bundled(bob, roomId, original)).toBeUndefined();
    await alice.send(roomId, 'm.room.message', edit(original, 'two'));
    const second = await alice.send(roomId, 'm.room.message', edit(original, 'three'));
    const found = await bundled(bob, roomId, original);
    expect(found['m.replace']).toMatchObject({
      event_id: second,
      sender: alice.userId,
      type: 'm.room.message',
      room_id: roomId,
      content: { 'm.new_content': { body: 'three' } },
      origin_server_ts: expect.any(Number),
    });
  });

  test('edits by others, of another type, without new content and of edits do not count', async () => {
    const roomId = await sharedRoom();
    const original = await alice.say(roomId, 'one');
    await bob.send(roomId, 'm.room.message', edit(original, 'mine'));
    await alice.send(roomId, 'm.other', edit(original, 'other type'));
    await alice.send(roomId, 'm.room.message', { msgtype: 'm.text', body: 'x', ...relation('m.replace', original) });
    expect(await bundled(alice, roomId, original)).toBeUndefined();
    const valid = await alice.send(roomId, 'm.room.message', edit(original, 'two'));
    await alice.send(roomId, 'm.room.message', edit(valid, 'edit of the edit'));
    expect(await bundled(alice, roomId, valid)).toBeUndefined();
    expect((await bundled(alice, roomId, original))['m.replace'].event_id).toBe(valid);
  });

  test('an encrypted edit needs no readable new content', async () => {
    const roomId = await sharedRoom();
    const encrypted = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AAAA', session_id: 's' };
    const original = await alice.send(roomId, 'm.room.encrypted', encrypted);
    const edited = await alice.send(roomId, 'm.room.encrypted', { ...encrypted, ...relation('m.replace', original) });
    expect((await bundled(bob, roomId, original))['m.replace'].event_id).toBe(edited);
  });

  test('redacting the newest edit brings the one before back, redacting the original ends the bundle', async () => {
    const roomId = await sharedRoom();
    const original = await alice.say(roomId, 'one');
    const first = await alice.send(roomId, 'm.room.message', edit(original, 'two'));
    const second = await alice.send(roomId, 'm.room.message', edit(original, 'three'));
    expect((await bundled(bob, roomId, original))['m.replace'].event_id).toBe(second);
    await redact(alice, roomId, second);
    expect((await bundled(bob, roomId, original))['m.replace'].event_id).toBe(first);
    await redact(alice, roomId, original);
    expect(await bundled(bob, roomId, original)).toBeUndefined();
  });

  test('who left before an edit sees the edit before it', async () => {
    const roomId = await sharedRoom();
    const original = await alice.say(roomId, 'one');
    const before = await alice.send(roomId, 'm.room.message', edit(original, 'two'));
    await bob.leave(roomId);
    await alice.send(roomId, 'm.room.message', edit(original, 'secret'));
    const answer = await bob.ok('GET', relations(roomId, original));
    expect(ids(answer)).toEqual([before]);
  });
});

describe('threads', () => {
  test('count, latest event with its own edit, and participation', async () => {
    const roomId = await sharedRoom();
    const root = await alice.say(roomId, 'root');
    await bob.send(roomId, 'm.room.message', threaded(root, 'one'));
    const last = await bob.send(roomId, 'm.room.message', threaded(root, 'two'));
    const edited = await bob.send(roomId, 'm.room.message', edit(last, 'two, edited'));
    const carol = await server.register(`carol${roomId.length}a`);
    await carol.join(roomId);
    const summary = (await bundled(alice, roomId, root))['m.thread'];
    expect(summary).toMatchObject({ count: 2, current_user_participated: true, latest_event: { event_id: last } });
    expect(summary.latest_event.unsigned['m.relations']['m.replace'].event_id).toBe(edited);
    expect((await bundled(carol, roomId, root))['m.thread']).toMatchObject({ count: 2, current_user_participated: false });
  });

  test('ignored users do not count', async () => {
    const roomId = await sharedRoom();
    const carol = await server.register('carol-ignores');
    await carol.join(roomId);
    const root = await alice.say(roomId, 'root');
    const mine = await alice.send(roomId, 'm.room.message', threaded(root, 'one'));
    await bob.send(roomId, 'm.room.message', threaded(root, 'two'));
    expect((await bundled(carol, roomId, root))['m.thread'].count).toBe(2);
    await carol.ok('PUT', `/user/${encodeURIComponent(carol.userId)}/account_data/m.ignored_user_list`, {
      ignored_users: { [bob.userId]: {} },
    });
    expect((await bundled(carol, roomId, root))['m.thread']).toMatchObject({ count: 1, latest_event: { event_id: mine } });
    expect(ids(await carol.ok('GET', relations(roomId, root, '/m.thread')))).toEqual([mine]);
  });

  test('a thread cannot begin at a child of another event', async () => {
    const roomId = await sharedRoom();
    const root = await alice.say(roomId, 'root');
    const reply = await bob.send(roomId, 'm.room.message', threaded(root, 'one'));
    const at = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${bob.nextTxn()}`;
    const refused = await bob.api('PUT', at, threaded(reply, 'nested'));
    expect(refused).toMatchObject({ status: 400, body: { errcode: 'M_UNKNOWN' } });
  });

  test('the list has the thread with the newest reply first, pages, and knows who took part', async () => {
    const roomId = await sharedRoom();
    const roots: string[] = [];
    for (const name of ['a', 'b', 'c']) roots.push(await alice.say(roomId, name));
    const [a, b, c] = roots as [string, string, string];
    await alice.say(roomId, 'no thread');
    await bob.send(roomId, 'm.room.message', threaded(a, '1'));
    await alice.send(roomId, 'm.room.message', threaded(b, '2'));
    await alice.send(roomId, 'm.room.message', threaded(c, '3'));
    await alice.send(roomId, 'm.room.message', threaded(a, '4'));
    const all = await alice.ok('GET', threads(roomId));
    expect(ids(all)).toEqual([a, c, b]);
    expect(all.next_batch).toBeUndefined();
    expect(all.chunk[0].unsigned['m.relations']['m.thread'].count).toBe(2);
    const first = await alice.ok('GET', threads(roomId, '?limit=2'));
    expect(ids(first)).toEqual([a, c]);
    const second = await alice.ok('GET', threads(roomId, `?limit=2&from=${first.next_batch}`));
    expect(ids(second)).toEqual([b]);
    expect(second.next_batch).toBeUndefined();
    expect(ids(await bob.ok('GET', threads(roomId, '?include=participated')))).toEqual([a]);
    expect(ids(await alice.ok('GET', threads(roomId, '?include=participated')))).toEqual([a, c, b]);
  });

  test('a redacted reply no longer counts, and a thread without replies is none', async () => {
    const roomId = await sharedRoom();
    const [a, b] = [await alice.say(roomId, 'a'), await alice.say(roomId, 'b')];
    const first = await bob.send(roomId, 'm.room.message', threaded(a, '1'));
    await alice.send(roomId, 'm.room.message', threaded(b, '2'));
    const last = await bob.send(roomId, 'm.room.message', threaded(a, '3'));
    expect(ids(await alice.ok('GET', threads(roomId)))).toEqual([a, b]);
    await redact(bob, roomId, last);
    expect(ids(await alice.ok('GET', threads(roomId)))).toEqual([b, a]);
    expect((await bundled(alice, roomId, a))['m.thread']).toMatchObject({ count: 1, latest_event: { event_id: first } });
    await redact(bob, roomId, first);
    expect(ids(await alice.ok('GET', threads(roomId)))).toEqual([b]);
    expect(await bundled(alice, roomId, a)).toBeUndefined();
    expect(ids(await bob.ok('GET', threads(roomId, '?include=participated')))).toEqual([]);
  });

  test('a root by an ignored user is listed in its redacted form', async () => {
    const roomId = await sharedRoom();
    const carol = await server.register('carol-roots');
    await carol.join(roomId);
    const root = await bob.say(roomId, 'unwelcome');
    await alice.send(roomId, 'm.room.message', threaded(root, '1'));
    await carol.ok('PUT', `/user/${encodeURIComponent(carol.userId)}/account_data/m.ignored_user_list`, {
      ignored_users: { [bob.userId]: {} },
    });
    const { chunk } = await carol.ok('GET', threads(roomId));
    expect(chunk).toMatchObject([{ event_id: root, content: {} }]);
    expect(chunk[0].content).toEqual({});
  });

  test('strangers may not list threads of a room that is closed to them, nor use unknown tokens', async () => {
    const roomId = await sharedRoom();
    const stranger = await server.register('stranger-threads');
    expect(await stranger.api('GET', threads(roomId))).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect(await alice.api('GET', threads('!unknown:weft.test'))).toMatchObject({ status: 403 });
    expect(await alice.api('GET', threads(roomId, '?from=nonsense'))).toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } });
    expect(await alice.api('GET', threads(roomId, '?limit=0'))).toMatchObject({ status: 400 });
  });
});

describe('references and annotations', () => {
  test('references are listed from the oldest on; annotations are not aggregated', async () => {
    const roomId = await sharedRoom();
    const poll = await alice.send(roomId, 'org.example.poll', { question: 'cake?' });
    const one = await bob.send(roomId, 'org.example.vote', relation('m.reference', poll));
    const two = await alice.send(roomId, 'org.example.vote', relation('m.reference', poll));
    await bob.send(roomId, 'm.reaction', relation('m.annotation', poll, { key: '👍' }));
    expect(await bundled(alice, roomId, poll)).toEqual({ 'm.reference': { chunk: [{ event_id: one }, { event_id: two }] } });
    await redact(bob, roomId, one);
    expect(await bundled(alice, roomId, poll)).toEqual({ 'm.reference': { chunk: [{ event_id: two }] } });
  });

  test('the same annotation twice is refused until the first is redacted', async () => {
    const roomId = await sharedRoom();
    const target = await alice.say(roomId, 'nice');
    const react = (by: ApiClient, key: string, type = 'm.reaction') =>
      by.api('PUT', `/rooms/${encodeURIComponent(roomId)}/send/${type}/${by.nextTxn()}`, relation('m.annotation', target, { key }));
    const first = await react(bob, '👍');
    expect(first.status).toBe(200);
    expect(await react(bob, '👍')).toMatchObject({ status: 400, body: { errcode: 'M_DUPLICATE_ANNOTATION' } });
    expect((await react(bob, '👎')).status).toBe(200);
    expect((await react(bob, '👍', 'org.example.verdict')).status).toBe(200);
    expect((await react(alice, '👍')).status).toBe(200);
    await redact(bob, roomId, first.body.event_id);
    expect((await react(bob, '👍')).status).toBe(200);
  });

  test('a repeated transaction is no duplicate', async () => {
    const roomId = await sharedRoom();
    const target = await alice.say(roomId, 'nice');
    const at = `/rooms/${encodeURIComponent(roomId)}/send/m.reaction/again`;
    const first = await bob.ok('PUT', at, relation('m.annotation', target, { key: '👍' }));
    expect(await bob.ok('PUT', at, relation('m.annotation', target, { key: '👍' }))).toEqual(first);
  });

  test('keys and relation types of any shape do no harm', async () => {
    const roomId = await sharedRoom();
    const target = await alice.say(roomId, 'nice');
    await bob.send(roomId, 'm.reaction', relation('m.annotation', target, { key: 'a\0b' }));
    await bob.send(roomId, 'm.reaction', relation('m.annotation', target, { key: 'k'.repeat(20_000) }));
    await bob.send(roomId, 'm.room.message', { body: 'x', ...relation(`x${'y'.repeat(5_000)}`, target) });
    await bob.send(roomId, 'm.room.message', { body: 'x', ...relation('nul\0', target) });
    await bob.send(roomId, 'm.room.message', { body: 'x', 'm.relates_to': { rel_type: 'm.thread', event_id: 5 } });
    expect((await alice.ok('GET', relations(roomId, target))).chunk).toHaveLength(2);
  });
});

describe('the relations of an event', () => {
  test('page backwards and forwards, by relation and event type', async () => {
    const roomId = await sharedRoom();
    const parent = await alice.say(roomId, 'parent');
    const replies: string[] = [];
    for (let i = 0; i < 5; i++) replies.push(await bob.send(roomId, 'm.room.message', threaded(parent, `reply ${i}`)));
    const reaction = await bob.send(roomId, 'm.reaction', relation('m.annotation', parent, { key: 'x' }));
    const newestFirst = [...replies.toReversed()];

    expect(ids(await alice.ok('GET', relations(roomId, parent)))).toEqual([reaction, ...newestFirst]);
    expect(ids(await alice.ok('GET', relations(roomId, parent, '/m.thread')))).toEqual(newestFirst);
    expect(ids(await alice.ok('GET', relations(roomId, parent, '/m.thread/m.room.message')))).toEqual(newestFirst);
    expect(ids(await alice.ok('GET', relations(roomId, parent, '/m.thread/m.sticker')))).toEqual([]);

    for (const [dir, order] of [
      ['b', newestFirst],
      ['f', replies],
    ] as const) {
      const seen: string[] = [];
      let from = '';
      for (let pages = 0; pages < 10; pages++) {
        const page = await alice.ok('GET', relations(roomId, parent, `/m.thread?dir=${dir}&limit=2${from}`));
        expect(page.chunk.length).toBeLessThanOrEqual(2);
        expect(page.prev_batch === undefined).toBe(from === '');
        seen.push(...ids(page));
        if (page.next_batch === undefined) break;
        from = `&from=${page.next_batch}`;
      }
      expect(seen).toEqual(order);
    }
  });

  test('a page ends at `to`, and a sync token is a place too', async () => {
    const roomId = await sharedRoom();
    const parent = await alice.say(roomId, 'parent');
    const one = await bob.send(roomId, 'm.room.message', threaded(parent, '1'));
    const { next_batch: between } = await alice.sync();
    const two = await bob.send(roomId, 'm.room.message', threaded(parent, '2'));
    expect(ids(await alice.ok('GET', relations(roomId, parent, `?from=${between}`)))).toEqual([one]);
    expect(ids(await alice.ok('GET', relations(roomId, parent, `?to=${between}`)))).toEqual([two]);
    expect(ids(await alice.ok('GET', relations(roomId, parent, `?dir=f&from=${between}`)))).toEqual([two]);
  });

  test('recursion reaches indirect children and says how far it looked', async () => {
    const roomId = await sharedRoom();
    const root = await alice.say(roomId, 'root');
    const reply = await bob.send(roomId, 'm.room.message', threaded(root, '1'));
    const reaction = await alice.send(roomId, 'm.reaction', relation('m.annotation', reply, { key: 'x' }));
    const direct = await alice.ok('GET', relations(roomId, root));
    expect(ids(direct)).toEqual([reply]);
    expect(direct.recursion_depth).toBeUndefined();
    const recursed = await alice.ok('GET', relations(roomId, root, '?recurse=true'));
    expect(ids(recursed)).toEqual([reaction, reply]);
    expect(recursed.recursion_depth).toBeGreaterThanOrEqual(3);
    // What does not fit the type ends the way to its own children.
    expect(ids(await alice.ok('GET', relations(roomId, root, '/m.annotation?recurse=true')))).toEqual([]);
  });

  test('are not shown to strangers, nor for events that are unknown', async () => {
    const roomId = await sharedRoom();
    const parent = await alice.say(roomId, 'parent');
    const stranger = await server.register('stranger-relations');
    expect(await stranger.api('GET', relations(roomId, parent))).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
    expect(await alice.api('GET', relations(roomId, '$unknown'))).toMatchObject({ status: 404 });
    expect(await alice.api('GET', relations(roomId, parent, '?dir=x'))).toMatchObject({ status: 400 });
  });
});
