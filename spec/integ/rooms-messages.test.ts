import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/api-client.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let alice: ApiClient;
let bob: ApiClient;
let stranger: ApiClient;
beforeAll(async () => {
  server = await startServer();
  alice = await server.register('alice');
  bob = await server.register('bob');
  stranger = await server.register('stranger');
});
afterAll(() => server[Symbol.asyncDispose]());

interface Event {
  readonly event_id: string;
  readonly type: string;
  readonly content: { readonly body?: string };
}

const at = (room: string, rest: string): string => `/rooms/${encodeURIComponent(room)}${rest}`;
const bodies = (events: Event[]): (string | undefined)[] => events.map((event) => event.content.body ?? event.type);

async function sayAll(who: ApiClient, room: string, texts: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const text of texts) ids.push(await who.say(room, text));
  return ids;
}

/** All pages, one after the other. */
async function readAll(who: ApiClient, room: string, query: string): Promise<{ events: Event[]; pages: number }> {
  const events: Event[] = [];
  let from: string | undefined;
  for (let pages = 1; ; pages++) {
    const page = await who.ok('GET', at(room, `/messages?${query}${from === undefined ? '' : `&from=${from}`}`));
    events.push(...page.chunk);
    from = page.end;
    if (from === undefined) return { events, pages };
  }
}

describe('GET messages', () => {
  it('pages through everything once, in both directions, and ends without a token', async () => {
    const room = await alice.createRoom();
    await sayAll(alice, room, ['1', '2', '3', '4', '5']);
    const back = await readAll(alice, room, 'dir=b&limit=3');
    const forth = await readAll(alice, room, 'dir=f&limit=4');
    expect(bodies(back.events).slice(0, 5)).toEqual(['5', '4', '3', '2', '1']);
    expect(back.events.at(-1)?.type).toBe('m.room.create');
    expect(forth.events.map((event) => event.event_id)).toEqual(back.events.map((event) => event.event_id).toReversed());
    expect(new Set(back.events.map((event) => event.event_id)).size).toBe(back.events.length);
  });

  it('takes tokens of sync, and stops at "to"', async () => {
    const room = await alice.createRoom();
    await sayAll(alice, room, ['old']);
    const { next_batch: middle } = await alice.sync();
    await sayAll(alice, room, ['new 1', 'new 2']);
    const { rooms, next_batch: now } = await alice.sync({ filter: { room: { timeline: { limit: 1 } } } });
    const timeline = rooms.join[room].timeline;
    expect(bodies(timeline.events)).toEqual(['new 2']);
    const before = await alice.ok('GET', at(room, `/messages?dir=b&limit=2&from=${timeline.prev_batch}`));
    expect(bodies(before.chunk)).toEqual(['new 1', 'old']);
    expect(before.start).toBe(timeline.prev_batch);
    const after = await alice.ok('GET', at(room, `/messages?dir=f&from=${middle}`));
    expect(bodies(after.chunk)).toEqual(['new 1', 'new 2']);
    expect(after).not.toHaveProperty('end');
    const between = await alice.ok('GET', at(room, `/messages?dir=b&from=${now}&to=${middle}`));
    expect(bodies(between.chunk)).toEqual(['new 2', 'new 1']);
  });

  it('fills pages behind events that a filter takes out', async () => {
    const room = await alice.createRoom();
    await alice.send(room, 'org.example.rare', { body: 'needle' });
    await sayAll(
      alice,
      room,
      Array.from({ length: 70 }, (_, i) => `hay ${i}`),
    );
    const filter = encodeURIComponent(JSON.stringify({ types: ['org.example.*'] }));
    const page = await alice.ok('GET', at(room, `/messages?dir=b&limit=5&filter=${filter}`));
    expect(bodies(page.chunk)).toEqual(['needle']);
    expect(page).not.toHaveProperty('end');
  });

  it('adds the member events of senders when members are lazy-loaded', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    await bob.join(room);
    await stranger.join(room);
    await sayAll(alice, room, ['a']);
    await sayAll(bob, room, ['b']);
    const filter = encodeURIComponent(JSON.stringify({ lazy_load_members: true }));
    const page = await alice.ok('GET', at(room, `/messages?dir=b&limit=2&filter=${filter}`));
    expect(page.state.map((event: { state_key: string }) => event.state_key).toSorted()).toEqual([alice.userId, bob.userId]);
    expect(await alice.ok('GET', at(room, '/messages?dir=b&limit=2'))).not.toHaveProperty('state');
  });

  it('shows newcomers only what the history visibility allows', async () => {
    const room = await alice.createRoom({
      preset: 'public_chat',
      initial_state: [{ type: 'm.room.history_visibility', content: { history_visibility: 'joined' } }],
    });
    await sayAll(alice, room, ['before']);
    await bob.join(room);
    await sayAll(alice, room, ['during']);
    await bob.leave(room);
    await sayAll(alice, room, ['after']);
    const back = bodies((await readAll(bob, room, 'dir=b&limit=2')).events);
    // What was sent before the visibility was set is shared with those who joined later.
    expect(back.slice(0, 4)).toEqual(['m.room.member', 'during', 'm.room.member', 'm.room.history_visibility']);
    expect(back).not.toContain('before');
    expect(bodies((await readAll(bob, room, 'dir=f&limit=2')).events)).toEqual(back.toReversed());
    expect(bodies((await readAll(alice, room, 'dir=b&limit=50')).events)).toContain('before');
  });

  it('refuses people outside, unknown rooms and malformed parameters', async () => {
    const room = await alice.createRoom();
    expect(await stranger.api('GET', at(room, '/messages?dir=b'))).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect(await stranger.api('GET', at('!nowhere:weft.test', '/messages?dir=b'))).toMatchObject({ status: 403 });
    for (const query of ['', '?dir=x', '?dir=b&limit=-1', '?dir=b&from=junk', '?dir=b&filter=junk']) {
      expect(await alice.api('GET', at(room, `/messages${query}`))).toMatchObject({ status: 400 });
    }
  });

  it('leaves out messages of ignored people, and keeps their state', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    await bob.join(room);
    await sayAll(bob, room, ['noise']);
    await alice.ok('PUT', `/user/${alice.userId}/account_data/m.ignored_user_list`, { ignored_users: { [bob.userId]: {} } });
    const { events } = await readAll(alice, room, 'dir=b');
    expect(bodies(events)).not.toContain('noise');
    expect(events[0]).toMatchObject({ type: 'm.room.member', state_key: bob.userId });
    await alice.ok('PUT', `/user/${alice.userId}/account_data/m.ignored_user_list`, { ignored_users: {} });
  });
});

describe('GET context', () => {
  it('gives what came before and after, tokens to go on, and the state', async () => {
    const room = await alice.createRoom({ name: 'Tea' });
    const ids = await sayAll(alice, room, ['1', '2', '3', '4', '5', '6', '7']);
    const context = await alice.ok('GET', at(room, `/context/${ids[3]}?limit=4`));
    expect(context.event.content.body).toBe('4');
    expect(bodies(context.events_before)).toEqual(['3', '2']);
    expect(bodies(context.events_after)).toEqual(['5', '6']);
    expect(context.state.map((event: Event) => event.type)).toContain('m.room.name');
    const older = await alice.ok('GET', at(room, `/messages?dir=b&limit=1&from=${context.start}`));
    expect(bodies(older.chunk)).toEqual(['1']);
    const newer = await alice.ok('GET', at(room, `/messages?dir=f&from=${context.end}`));
    expect(bodies(newer.chunk)).toEqual(['7']);
    const alone = await alice.ok('GET', at(room, `/context/${ids[3]}?limit=0`));
    expect([alone.events_before, alone.events_after]).toEqual([[], []]);
    const next = await alice.ok('GET', at(room, `/messages?dir=f&limit=1&from=${alone.end}`));
    expect(bodies(next.chunk)).toEqual(['5']);
  });

  it('applies the filter around the event, not to it, and loads members lazily', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    await bob.join(room);
    const [first = ''] = await sayAll(alice, room, ['x']);
    await alice.send(room, 'org.example.other', { body: 'other' });
    const filter = encodeURIComponent(JSON.stringify({ types: ['org.example.other', 'm.room.member'], lazy_load_members: true }));
    const context = await alice.ok('GET', at(room, `/context/${first}?filter=${filter}`));
    expect(context.event.event_id).toBe(first);
    expect(bodies(context.events_after)).toEqual(['other']);
    expect(context.state.map((event: { state_key: string }) => event.state_key).toSorted()).toEqual([alice.userId, bob.userId]);
  });

  it('hides events from those who may not see them', async () => {
    const room = await alice.createRoom();
    const [id = ''] = await sayAll(alice, room, ['secret']);
    expect(await stranger.api('GET', at(room, `/context/${id}`))).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
  });
});
