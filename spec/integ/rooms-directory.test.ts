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

const aliasPath = (alias: string): string => `/directory/room/${encodeURIComponent(alias)}`;
const listPath = (room: string): string => `/directory/list/room/${encodeURIComponent(room)}`;

describe('room aliases', () => {
  it('lead to the room, for resolving and joining, until they are deleted', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    const alias = '#tea:weft.test';
    expect(await server.anonymous.api('GET', aliasPath(alias))).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
    await alice.ok('PUT', aliasPath(alias), { room_id: room });
    expect(await server.anonymous.ok('GET', aliasPath(alias))).toEqual({ room_id: room, servers: ['weft.test'] });
    expect(await bob.join(alias)).toBe(room);
    expect(await alice.ok('GET', `/rooms/${room}/aliases`)).toEqual({ aliases: [alias] });
    await alice.ok('DELETE', aliasPath(alias));
    expect(await alice.api('GET', aliasPath(alias))).toMatchObject({ status: 404 });
    expect(await alice.api('DELETE', aliasPath(alias))).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
    expect(await stranger.api('POST', `/join/${encodeURIComponent(alias)}`, {})).toMatchObject({ status: 404 });
  });

  it('can be made once, by members, on this server only', async () => {
    const room = await alice.createRoom();
    await alice.ok('PUT', aliasPath('#once:weft.test'), { room_id: room });
    expect(await alice.api('PUT', aliasPath('#once:weft.test'), { room_id: room })).toMatchObject({
      status: 409,
      body: { errcode: 'M_UNKNOWN' },
    });
    expect(await alice.api('PUT', aliasPath('#x:elsewhere.test'), { room_id: room })).toMatchObject({ status: 400 });
    expect(await alice.api('PUT', aliasPath('#x:weft.test'), { room_id: 'junk' })).toMatchObject({ status: 400 });
    expect(await alice.api('PUT', aliasPath('tea'), { room_id: room })).toMatchObject({
      status: 400,
      body: { errcode: 'M_INVALID_PARAM' },
    });
    expect(await bob.api('PUT', aliasPath('#mine:weft.test'), { room_id: room })).toMatchObject({
      status: 403,
      body: { errcode: 'M_FORBIDDEN' },
    });
  });

  it('are deleted by their maker or by moderators, and vanish from the canonical alias', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    await bob.join(room);
    await alice.ok('PUT', aliasPath('#a:weft.test'), { room_id: room });
    await bob.ok('PUT', aliasPath('#b:weft.test'), { room_id: room });
    await alice.setState(room, 'm.room.canonical_alias', { alias: '#a:weft.test', alt_aliases: ['#b:weft.test'] });
    expect(await bob.api('DELETE', aliasPath('#a:weft.test'))).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    await alice.ok('DELETE', aliasPath('#b:weft.test'));
    expect(await alice.ok('GET', statePath(room, 'm.room.canonical_alias'))).toEqual({ alias: '#a:weft.test', alt_aliases: [] });
  });

  it('are listed for members, and for everybody in world-readable rooms', async () => {
    const room = await alice.createRoom({ room_alias_name: 'listed' });
    const path = `/rooms/${room}/aliases`;
    expect(await stranger.api('GET', path)).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    await alice.setState(room, 'm.room.history_visibility', { history_visibility: 'world_readable' });
    expect(await stranger.ok('GET', path)).toEqual({ aliases: ['#listed:weft.test'] });
  });

  it('must exist and lead here before they become canonical', async () => {
    const room = await alice.createRoom();
    const other = await alice.createRoom({ room_alias_name: 'other' });
    const set = (content: object) => alice.api('PUT', statePath(room, 'm.room.canonical_alias'), content);
    expect(await set({ alias: '#other:weft.test' })).toMatchObject({ status: 400, body: { errcode: 'M_BAD_ALIAS' } });
    expect(await set({ alt_aliases: ['#none:weft.test'] })).toMatchObject({ status: 400, body: { errcode: 'M_BAD_ALIAS' } });
    expect(await set({ alias: 'junk' })).toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } });
    await alice.ok('DELETE', aliasPath('#other:weft.test'));
    // What stands there already is not asked about again.
    await alice.ok('PUT', aliasPath('#other:weft.test'), { room_id: other });
    expect(await set({})).toMatchObject({ status: 200 });
  });
});

describe('the published directory', () => {
  it('lists rooms that were made public, with what their state says, the largest first', async () => {
    const small = await alice.createRoom({ visibility: 'public', name: 'Directory small', topic: 'leaves' });
    const large = await alice.createRoom({
      visibility: 'public',
      name: 'Directory large',
      room_alias_name: 'directory-large',
      creation_content: { type: 'm.space' },
      initial_state: [
        { type: 'm.room.history_visibility', content: { history_visibility: 'world_readable' } },
        { type: 'm.room.guest_access', content: { guest_access: 'can_join' } },
        { type: 'm.room.avatar', content: { url: 'mxc://weft.test/a' } },
      ],
    });
    const hidden = await alice.createRoom({ name: 'Directory hidden' });
    await bob.join(large);
    const { chunk, total_room_count_estimate: total } = await server.anonymous.ok('GET', '/publicRooms');
    expect(total).toBe(chunk.length);
    expect(chunk.map((room: { room_id: string }) => room.room_id)).not.toContain(hidden);
    expect(chunk.slice(0, 2)).toEqual([
      {
        room_id: large,
        name: 'Directory large',
        canonical_alias: '#directory-large:weft.test',
        avatar_url: 'mxc://weft.test/a',
        num_joined_members: 2,
        world_readable: true,
        guest_can_join: true,
        join_rule: 'public',
        room_type: 'm.space',
      },
      {
        room_id: small,
        name: 'Directory small',
        topic: 'leaves',
        num_joined_members: 1,
        world_readable: false,
        guest_can_join: false,
        join_rule: 'public',
      },
    ]);

    const search = async (filter: object): Promise<string[]> =>
      (await bob.ok('POST', '/publicRooms', { filter })).chunk.map((room: { room_id: string }) => room.room_id);
    expect(await search({ generic_search_term: 'LEAVES' })).toEqual([small]);
    expect(await search({ generic_search_term: 'directory-l' })).toEqual([large]);
    expect(await search({ room_types: ['m.space'] })).toEqual([large]);
    expect(await search({ room_types: [null] })).toEqual([small]);

    const first = await bob.ok('POST', '/publicRooms', { limit: 1 });
    expect(first).not.toHaveProperty('prev_batch');
    const second = await bob.ok('GET', `/publicRooms?limit=1&since=${first.next_batch}`);
    expect([first.chunk[0].room_id, second.chunk[0].room_id]).toEqual([large, small]);
    expect(second).not.toHaveProperty('next_batch');
    expect((await bob.ok('GET', `/publicRooms?limit=1&since=${second.prev_batch}`)).chunk).toEqual(first.chunk);
    expect(await bob.api('GET', '/publicRooms?since=junk')).toMatchObject({ status: 400 });
    expect(await bob.api('GET', '/publicRooms?limit=many')).toMatchObject({ status: 400 });
    await alice.leave(small);
    expect(await search({ generic_search_term: 'leaves' })).toEqual([]);
  });

  it('is changed by those who may, and asked by anybody', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    await bob.join(room);
    expect(await server.anonymous.ok('GET', listPath(room))).toEqual({ visibility: 'private' });
    expect(await bob.api('PUT', listPath(room), { visibility: 'public' })).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    await alice.ok('PUT', listPath(room), {});
    expect(await server.anonymous.ok('GET', listPath(room))).toEqual({ visibility: 'public' });
    await alice.ok('PUT', listPath(room), { visibility: 'private' });
    expect(await server.anonymous.ok('GET', listPath(room))).toEqual({ visibility: 'private' });
    expect(await alice.api('PUT', listPath(room), { visibility: 'secret' })).toMatchObject({ status: 400 });
    expect(await alice.api('GET', listPath('!nowhere:weft.test'))).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
    expect(await alice.api('PUT', listPath('!nowhere:weft.test'), {})).toMatchObject({ status: 404 });
  });
});
