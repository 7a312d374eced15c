import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
afterAll(() => server[Symbol.asyncDispose]());

interface Event {
  readonly type: string;
  readonly content: { readonly body?: string };
}
const bodies = (events: Event[]): (string | undefined)[] => events.map((event) => event.content.body ?? event.type);

async function openRoom(): Promise<string> {
  return alice.createRoom({
    visibility: 'public',
    initial_state: [{ type: 'm.room.history_visibility', content: { history_visibility: 'world_readable' } }],
  });
}

describe('looking into a room from outside', () => {
  it('begins with a snapshot and goes on with what is new', async () => {
    const room = await openRoom();
    await alice.say(room, 'old');
    await alice.say(room, 'recent');
    const snapshot = await bob.ok('GET', `/rooms/${room}/initialSync?limit=2`);
    expect(snapshot).toMatchObject({ room_id: room, visibility: 'public' });
    expect(snapshot).not.toHaveProperty('membership');
    expect(bodies(snapshot.messages.chunk)).toEqual(['old', 'recent']);
    expect(snapshot.state.map((event: Event) => event.type)).toContain('m.room.create');
    const older = await bob.ok('GET', `/rooms/${room}/messages?dir=b&limit=1&from=${snapshot.messages.start}`);
    expect(older.chunk).toHaveLength(1);

    const nothing = await bob.ok('GET', `/events?room_id=${room}&from=${snapshot.messages.end}`);
    expect(nothing.chunk).toEqual([]);
    const waiting = bob.ok('GET', `/events?room_id=${room}&from=${nothing.end}&timeout=30000`);
    await alice.createRoom();
    await alice.say(room, 'new');
    const answer = await waiting;
    expect(bodies(answer.chunk)).toEqual(['new']);
    expect(answer.chunk[0].room_id).toBe(room);
    expect(answer.start).toBe(nothing.end);
    expect((await bob.ok('GET', `/events?room_id=${room}&from=${answer.end}`)).chunk).toEqual([]);
  });

  it('needs a room that anybody may read', async () => {
    const room = await alice.createRoom();
    for (const path of [`/rooms/${room}/initialSync`, `/events?room_id=${room}`]) {
      expect(await bob.api('GET', path)).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    }
    expect(await bob.api('GET', '/events?room_id=junk')).toMatchObject({ status: 400 });
    expect(await bob.api('GET', '/events?from=junk')).toMatchObject({ status: 400 });
    expect(await bob.api('GET', '/events?timeout=soon')).toMatchObject({ status: 400 });
  });

  it('shows former members the room as of their departure', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    await bob.join(room);
    await alice.say(room, 'seen');
    await bob.leave(room);
    await alice.say(room, 'unseen');
    const snapshot = await bob.ok('GET', `/rooms/${room}/initialSync?limit=2`);
    expect(snapshot.membership).toBe('leave');
    expect(bodies(snapshot.messages.chunk)).toEqual(['seen', 'm.room.member']);
  });
});

describe('the older event stream', () => {
  it('brings new events of all rooms one is in, and finds single ones', async () => {
    const carol = await server.register('carol');
    const [one, two] = [await openRoom(), await alice.createRoom({ preset: 'public_chat' })];
    await carol.join(one);
    await carol.join(two);
    const { end } = await carol.ok('GET', '/events');
    const first = await alice.say(one, 'first');
    await alice.say(two, 'second');
    const { chunk } = await carol.ok('GET', `/events?from=${end}`);
    expect(new Set(bodies(chunk))).toEqual(new Set(['first', 'second']));
    expect(await bob.ok('GET', `/events/${encodeURIComponent(first)}`)).toMatchObject({ event_id: first, room_id: one });
    const hidden = await alice.say(await alice.createRoom(), 'hidden');
    expect(await bob.api('GET', `/events/${encodeURIComponent(hidden)}`)).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
  });

  it('begins with everything at once, in the form that came before sync', async () => {
    const erin = await server.register('erin');
    const joined = await openRoom();
    await erin.join(joined);
    await alice.say(joined, 'hello');
    const left = await alice.createRoom({ preset: 'public_chat' });
    await erin.join(left);
    await erin.leave(left);
    const invited = await alice.createRoom();
    await alice.invite(invited, erin);
    const answer = await erin.ok('GET', '/initialSync?limit=1');
    const byId = new Map<string, { membership: string }>(answer.rooms.map((room: { room_id: string }) => [room.room_id, room]));
    expect([...byId.keys()].toSorted()).toEqual([joined, invited].toSorted());
    expect(byId.get(joined)).toMatchObject({
      membership: 'join',
      visibility: 'public',
      messages: { start: expect.any(String), end: answer.end, chunk: [{ room_id: joined, content: { body: 'hello' } }] },
    });
    expect(byId.get(joined)).toHaveProperty('state');
    expect(byId.get(invited)).toMatchObject({ membership: 'invite', invite: { state_key: erin.userId, sender: alice.userId } });
    const all = await erin.ok('GET', '/initialSync?archived=true');
    expect(all.rooms.find((room: { room_id: string }) => room.room_id === left)).toMatchObject({ membership: 'leave' });
    await alice.say(joined, 'later');
    expect(bodies((await erin.ok('GET', `/events?from=${answer.end}`)).chunk)).toEqual(['later']);
    expect(await erin.api('GET', '/initialSync?limit=all')).toMatchObject({ status: 400 });
  });

  it('answers a waiting request when its time is up, and when the server stops', async () => {
    await using other = await startServer();
    const dave = await other.register('dave');
    const room = await dave.createRoom();
    expect((await dave.ok('GET', `/events?room_id=${room}&timeout=50`)).chunk).toEqual([]);
    const waiting = dave.ok('GET', `/events?room_id=${room}&timeout=60000`);
    // It has reached the server when a request that was sent after it is answered.
    await dave.ok('GET', '/joined_rooms');
    await other[Symbol.asyncDispose]();
    expect((await waiting).chunk).toEqual([]);
  });
});
