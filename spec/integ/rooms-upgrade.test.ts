import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, statePath } from '../support/api-client.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let alice: ApiClient;
let bob: ApiClient;
let carol: ApiClient;
beforeAll(async () => {
  server = await startServer();
  alice = await server.register('alice');
  bob = await server.register('bob');
  carol = await server.register('carol');
});
afterAll(() => server[Symbol.asyncDispose]());

const upgrade = (who: ApiClient, room: string, body: object) => who.api('POST', `/rooms/${encodeURIComponent(room)}/upgrade`, body);
const stateOf = (room: string, type: string, key = '') => alice.api('GET', statePath(room, type, key));

describe('POST upgrade', () => {
  it.for([
    ['10', '11'],
    ['11', '12'],
    ['12', '12'],
    ['12', '11'],
    ['1', '10'],
    ['10', '1'],
  ] as const)('from version %s to %s transfers what makes the room', async ([from, to]) => {
    const alias = `#from-${from}-to-${to}`;
    const room = await alice.createRoom({
      room_version: from,
      visibility: 'public',
      name: 'Tea',
      topic: 'leaves',
      room_alias_name: alias.slice(1),
      creation_content: { type: 'org.example.type', 'm.federate': true },
      initial_state: [
        { type: 'm.room.avatar', content: { url: 'mxc://weft.test/a' } },
        { type: 'm.room.history_visibility', content: { history_visibility: 'joined' } },
        { type: 'm.room.guest_access', content: { guest_access: 'can_join' } },
        { type: 'm.room.server_acl', content: { allow: ['*'], deny: ['evil.test'] } },
        { type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
        { type: 'org.example.sensitive', content: { by: 'sender' } },
      ],
    });
    await bob.join(room);
    await alice.ok('POST', `/rooms/${room}/ban`, { user_id: carol.userId, reason: 'spam' });
    const last = await alice.say(room, 'the last word');
    const { status, body } = await upgrade(alice, room, { new_version: to });
    expect(status).toBe(200);
    const next: string = body.replacement_room;
    expect(next).not.toBe(room);

    const { body: create } = await stateOf(next, 'm.room.create');
    expect(create).toMatchObject({ room_version: to, type: 'org.example.type', 'm.federate': true, predecessor: { room_id: room } });
    expect(create.predecessor.event_id).toBe(to === '12' ? undefined : last);
    for (const type of ['name', 'topic', 'avatar', 'history_visibility', 'guest_access', 'server_acl', 'encryption', 'join_rules']) {
      const [{ body: before }, { body: after }] = await Promise.all([stateOf(room, `m.room.${type}`), stateOf(next, `m.room.${type}`)]);
      expect(after).toEqual(before);
    }
    expect((await stateOf(next, 'm.room.member', carol.userId)).body).toEqual({ membership: 'ban', reason: 'spam' });
    expect(await stateOf(next, 'm.room.member', bob.userId)).toMatchObject({ status: 404 });
    expect(await stateOf(next, 'org.example.sensitive')).toMatchObject({ status: 404 });

    expect((await stateOf(room, 'm.room.tombstone')).body).toEqual({ body: expect.any(String), replacement_room: next });
    expect((await stateOf(room, 'm.room.canonical_alias')).body).toEqual({});
    expect((await stateOf(next, 'm.room.canonical_alias')).body).toEqual({ alias: `${alias}:weft.test` });
    expect((await alice.ok('GET', `/directory/room/${encodeURIComponent(`${alias}:weft.test`)}`)).room_id).toBe(next);
    expect((await alice.ok('GET', `/directory/list/room/${room}`)).visibility).toBe('private');
    expect((await alice.ok('GET', `/directory/list/room/${next}`)).visibility).toBe('public');

    expect((await stateOf(room, 'm.room.power_levels')).body).toMatchObject({ events_default: 50, invite: 50 });
    expect(await bob.api('PUT', `/rooms/${room}/send/m.room.message/${bob.nextTxn()}`, { body: 'x' })).toMatchObject({ status: 403 });
    const { body: levels } = await stateOf(next, 'm.room.power_levels');
    expect(levels).toMatchObject({ events_default: 0, invite: 0 });
    expect(alice.userId in levels.users).toBe(to !== '12');
    await bob.join(next);
    await bob.say(next, 'here');
    await alice.setState(next, 'm.room.name', { name: 'More tea' });
  });

  it('is for those who may send a tombstone, to versions that exist', async () => {
    const room = await alice.createRoom({ preset: 'public_chat', room_version: '11' });
    await bob.join(room);
    expect(await upgrade(bob, room, { new_version: '12' })).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect(await upgrade(carol, room, { new_version: '12' })).toMatchObject({ status: 403 });
    expect(await upgrade(alice, room, { new_version: '99' })).toMatchObject({
      status: 400,
      body: { errcode: 'M_UNSUPPORTED_ROOM_VERSION' },
    });
    expect(await upgrade(alice, room, {})).toMatchObject({ status: 400 });
    expect(await upgrade(alice, '!nowhere:weft.test', { new_version: '12' })).toMatchObject({
      status: 404,
      body: { errcode: 'M_NOT_FOUND' },
    });
    expect(await stateOf(room, 'm.room.tombstone')).toMatchObject({ status: 404 });
  });

  it('lets a moderator upgrade whose power would not do to set up the new room, and gives them no more afterwards', async () => {
    const room = await alice.createRoom({
      preset: 'public_chat',
      room_version: '10',
      power_level_content_override: {
        users: { [alice.userId]: 100, [bob.userId]: 50 },
        events: { 'm.room.tombstone': 50, 'm.room.history_visibility': 100, 'm.room.power_levels': 100 },
      },
    });
    await bob.join(room);
    const { body } = await upgrade(bob, room, { new_version: '11' });
    const levels = await bob.ok('GET', statePath(body.replacement_room, 'm.room.power_levels'));
    expect(levels.users).toEqual({ [alice.userId]: 100, [bob.userId]: 50 });
    // The old levels are beyond their power: they stay.
    expect((await stateOf(room, 'm.room.power_levels')).body.events_default).toBe(0);
  });

  it('makes additional creators where the version has them, and ignores them elsewhere', async () => {
    const room = await alice.createRoom({
      room_version: '11',
      power_level_content_override: { users: { [alice.userId]: 100, [bob.userId]: 90, [carol.userId]: 10 } },
    });
    const body = { additional_creators: [bob.userId] };
    const twelve = (await upgrade(alice, room, { ...body, new_version: '12' })).body.replacement_room;
    expect((await stateOf(twelve, 'm.room.create')).body.additional_creators).toEqual([bob.userId]);
    expect((await stateOf(twelve, 'm.room.power_levels')).body.users).toEqual({ [carol.userId]: 10 });
    const again = (await upgrade(alice, twelve, { new_version: '12' })).body.replacement_room;
    expect((await stateOf(again, 'm.room.create')).body).not.toHaveProperty('additional_creators');
    const eleven = (await upgrade(alice, again, { ...body, new_version: '11' })).body.replacement_room;
    expect((await stateOf(eleven, 'm.room.create')).body).not.toHaveProperty('additional_creators');
    expect(await upgrade(alice, eleven, { new_version: '12', additional_creators: ['junk'] })).toMatchObject({
      status: 400,
      body: { errcode: 'M_INVALID_PARAM' },
    });
  });

  it('keeps the children of a space', async () => {
    const child = await alice.createRoom();
    const gone = await alice.createRoom();
    const room = await alice.createRoom({ creation_content: { type: 'm.space' } });
    await alice.setState(room, 'm.space.child', { via: ['weft.test'] }, child);
    await alice.setState(room, 'm.space.child', {}, gone);
    const next = (await upgrade(alice, room, { new_version: '12' })).body.replacement_room;
    expect((await stateOf(next, 'm.space.child', child)).body).toEqual({ via: ['weft.test'] });
    expect(await stateOf(next, 'm.space.child', gone)).toMatchObject({ status: 404 });
  });

  it('is not undone by another create event', async () => {
    const room = await alice.createRoom();
    expect(await alice.api('PUT', statePath(room, 'm.room.create'), { room_version: '12', x: 1 })).toMatchObject({ status: 400 });
  });
});
