import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, statePath } from '../support/api-client.ts';
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

const at = (room: string, rest: string): string => `/rooms/${encodeURIComponent(room)}${rest}`;
const types = (events: { type: string }[]): string[] => events.map((event) => event.type);

describe('GET state', () => {
  it('answers the whole current state as an array of client events', async () => {
    const room = await alice.createRoom({ preset: 'public_chat', name: 'Tea' });
    const state = await alice.ok('GET', at(room, '/state'));
    expect(types(state).toSorted()).toEqual([
      'm.room.create',
      'm.room.guest_access',
      'm.room.history_visibility',
      'm.room.join_rules',
      'm.room.member',
      'm.room.name',
      'm.room.power_levels',
    ]);
    expect(state[0]).toMatchObject({ room_id: room, sender: alice.userId, unsigned: { age: expect.any(Number) } });
    expect(state[0]).not.toHaveProperty('hashes');
  });

  it('answers the content of one event, or the event', async () => {
    const room = await alice.createRoom({ name: 'Tea' });
    for (const path of [statePath(room, 'm.room.name'), at(room, '/state/m.room.name')]) {
      expect(await alice.ok('GET', path)).toEqual({ name: 'Tea' });
    }
    expect(await alice.ok('GET', `${statePath(room, 'm.room.member', alice.userId)}?format=event`)).toMatchObject({
      type: 'm.room.member',
      state_key: alice.userId,
      room_id: room,
      content: { membership: 'join' },
    });
    expect(await alice.api('GET', `${statePath(room, 'm.room.name')}?format=xml`)).toMatchObject({ status: 400 });
    expect(await alice.api('GET', statePath(room, 'm.room.topic'))).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
  });

  it('refuses strangers, invited people and those who rejected an invite', async () => {
    const room = await alice.createRoom();
    await alice.invite(room, bob);
    for (const who of [stranger, bob]) {
      expect(await who.api('GET', at(room, '/state'))).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    }
    await bob.leave(room);
    expect(await bob.api('GET', statePath(room, 'm.room.create'))).toMatchObject({ status: 403 });
    expect(await bob.api('GET', at('!nowhere:weft.test', '/state'))).toMatchObject({ status: 403 });
  });

  it('shows people who left the state as of their departure, also after a ban, until they forget', async () => {
    const room = await alice.createRoom({ preset: 'public_chat', name: 'before' });
    await bob.join(room);
    await bob.leave(room);
    await alice.setState(room, 'm.room.name', { name: 'after' });
    await alice.setState(room, 'm.room.topic', { topic: 'new' });
    await alice.ok('POST', at(room, '/ban'), { user_id: bob.userId });
    expect(await bob.ok('GET', statePath(room, 'm.room.name'))).toEqual({ name: 'before' });
    expect(await bob.api('GET', statePath(room, 'm.room.topic'))).toMatchObject({ status: 404 });
    const state = await bob.ok('GET', at(room, '/state'));
    expect(types(state)).not.toContain('m.room.topic');
    expect(state.find((event: { state_key: string }) => event.state_key === bob.userId).content.membership).toBe('leave');
    await bob.ok('POST', at(room, '/forget'), {});
    expect(await bob.api('GET', at(room, '/state'))).toMatchObject({ status: 403 });
  });

  it('lets anybody look into a room that is world-readable, as long as it is', async () => {
    const room = await alice.createRoom({ name: 'open' });
    await alice.setState(room, 'm.room.history_visibility', { history_visibility: 'world_readable' });
    expect(await stranger.ok('GET', statePath(room, 'm.room.name'))).toEqual({ name: 'open' });
    await alice.setState(room, 'm.room.history_visibility', { history_visibility: 'shared' });
    expect(await stranger.api('GET', statePath(room, 'm.room.name'))).toMatchObject({ status: 403 });
  });
});

describe('GET members', () => {
  it('filters by membership, with both filters making an "or"', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    await bob.join(room);
    await alice.invite(room, stranger);
    await bob.leave(room);
    const members = async (query: string): Promise<string[]> => {
      const { chunk } = await alice.ok('GET', at(room, `/members${query}`));
      return chunk.map((event: { state_key: string }) => event.state_key).toSorted();
    };
    expect(await members('')).toEqual([alice.userId, bob.userId, stranger.userId]);
    expect(await members('?membership=join')).toEqual([alice.userId]);
    expect(await members('?not_membership=leave')).toEqual([alice.userId, stranger.userId]);
    expect(await members('?membership=leave&not_membership=invite')).toEqual([alice.userId, bob.userId]);
    expect(await alice.api('GET', at(room, '/members?membership=guest'))).toMatchObject({ status: 400 });
  });

  it('looks back to the time of a token', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    const { next_batch: before } = await alice.sync();
    await bob.join(room);
    await alice.say(room, 'hello');
    const { next_batch: after } = await alice.sync();
    const count = async (token: string): Promise<number> => (await alice.ok('GET', at(room, `/members?at=${token}`))).chunk.length;
    expect(await count(before)).toBe(1);
    expect(await count(after)).toBe(2);
    const timeline = (await alice.ok('GET', at(room, '/messages?dir=b&limit=1'))).end;
    expect(await count(timeline)).toBe(2);
    const carol = await server.register('carol');
    await carol.join(room);
    const { rooms } = await carol.sync();
    expect(rooms.join[room].timeline.limited).toBe(false);
    // The whole history is in the answer, so its place lies before everything.
    expect(await count(rooms.join[room].timeline.prev_batch)).toBe(1);
    expect(await alice.api('GET', at(room, '/members?at=junk'))).toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } });
  });

  it('gives joined members with their profiles to people in the room only', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    await bob.join(room);
    await bob.setState(room, 'm.room.member', { membership: 'join', displayname: 'Bob', avatar_url: 'mxc://weft.test/b' }, bob.userId);
    await alice.invite(room, stranger);
    const { joined } = await alice.ok('GET', at(room, '/joined_members'));
    expect(Object.keys(joined).toSorted()).toEqual([alice.userId, bob.userId]);
    expect(joined[bob.userId]).toEqual({ display_name: 'Bob', avatar_url: 'mxc://weft.test/b' });
    expect(await stranger.api('GET', at(room, '/joined_members'))).toMatchObject({ status: 403 });
    expect((await bob.ok('GET', '/joined_rooms')).joined_rooms).toContain(room);
    expect((await stranger.ok('GET', '/joined_rooms')).joined_rooms).not.toContain(room);
  });
});

describe('GET event', () => {
  it('finds an event for those who may see it, and hides it from others', async () => {
    const room = await alice.createRoom();
    const other = await alice.createRoom();
    const eventId = await alice.say(room, 'secret');
    const path = at(room, `/event/${eventId}`);
    expect(await alice.ok('GET', path)).toMatchObject({
      event_id: eventId,
      room_id: room,
      content: { body: 'secret' },
      unsigned: { membership: 'join', transaction_id: expect.any(String) },
    });
    expect(await stranger.api('GET', path)).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
    expect(await alice.api('GET', at(other, `/event/${eventId}`))).toMatchObject({ status: 404 });
    expect(await alice.api('GET', at(room, '/event/$nothing'))).toMatchObject({ status: 404 });
  });

  it('finds the event nearest to a time', async () => {
    const room = await alice.createRoom();
    const first = await alice.ok('GET', at(room, `/event/${await alice.say(room, 'one')}`));
    const nearest = (query: string, who = alice) => who.api('GET', `/_matrix/client/v1${at(room, `/timestamp_to_event?${query}`)}`);
    const far = first.origin_server_ts + 1_000_000;
    expect((await nearest(`ts=${far}&dir=b`)).body.event_id).toBe(first.event_id);
    expect(await nearest(`ts=${far}&dir=f`)).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
    expect((await nearest('ts=0&dir=f')).status).toBe(200);
    expect(await nearest('ts=0')).toMatchObject({ status: 400 });
    expect(await nearest(`ts=${far}&dir=b`, stranger)).toMatchObject({ status: 403 });
  });
});
