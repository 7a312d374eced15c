import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, statePath } from '../support/api-client.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let alice: ApiClient;
let bob: ApiClient;
beforeAll(async () => {
  server = await startServer({ config: { registration: { enabled: true, guests: true } } });
  alice = await server.register('alice');
  bob = await server.register('bob');
});
afterAll(() => server[Symbol.asyncDispose]());

const redactPath = (room: string, event: string, txn: string): string => `/rooms/${room}/redact/${encodeURIComponent(event)}/${txn}`;

describe('PUT redact', () => {
  it.for(['1', '10', '11', '12'])('strips own events and, with the power, those of others (version %s)', async (version) => {
    const room = await alice.createRoom({ preset: 'public_chat', room_version: version });
    await bob.join(room);
    const mine = await bob.say(room, 'mine');
    const theirs = await alice.say(room, 'theirs');
    const { event_id: redaction } = await bob.ok('PUT', redactPath(room, mine, 't1'), { reason: 'typo' });
    expect(await alice.ok('GET', `/rooms/${room}/event/${encodeURIComponent(mine)}`)).toMatchObject({
      content: {},
      unsigned: { redacted_because: { event_id: redaction, sender: bob.userId, content: { reason: 'typo' } } },
    });
    expect(await bob.api('PUT', redactPath(room, theirs, 't2'), {})).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect((await bob.ok('GET', `/rooms/${room}/event/${encodeURIComponent(theirs)}`)).content.body).toBe('theirs');
    const again = await bob.say(room, 'again');
    await alice.ok('PUT', redactPath(room, again, 't3'), {});
    expect((await bob.ok('GET', `/rooms/${room}/event/${encodeURIComponent(again)}`)).content).toEqual({});
  });

  it('answers a repeated request with the first redaction, and takes no body at all', async () => {
    const room = await alice.createRoom();
    const event = await alice.say(room, 'x');
    const first = await alice.ok('PUT', redactPath(room, event, 'same'));
    expect(await alice.ok('PUT', redactPath(room, event, 'same'))).toEqual(first);
  });

  it('knows only events of the room, and only people in it', async () => {
    const room = await alice.createRoom();
    const other = await alice.createRoom();
    const event = await alice.say(other, 'x');
    expect(await alice.api('PUT', redactPath(room, event, 'a'), {})).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
    expect(await bob.api('PUT', redactPath(other, event, 'b'), {})).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect(await alice.api('PUT', redactPath(other, event, 'c'), { reason: 5 })).toMatchObject({ status: 400 });
  });

  it('is the same when it is sent as an event', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    await bob.join(room);
    const mine = await alice.say(room, 'x');
    const send = (who: ApiClient) => who.api('PUT', `/rooms/${room}/send/m.room.redaction/${who.nextTxn()}`, { redacts: mine });
    expect(await send(bob)).toMatchObject({ status: 403 });
    expect(await send(alice)).toMatchObject({ status: 200 });
    expect((await bob.ok('GET', `/rooms/${room}/event/${encodeURIComponent(mine)}`)).content).toEqual({});
  });
});

describe('POST knock', () => {
  it('asks to be let in, by id or alias, where the room takes knocks', async () => {
    const room = await alice.createRoom({
      room_alias_name: 'door',
      initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'knock' } }],
    });
    const { room_id: answered } = await bob.ok('POST', `/knock/${encodeURIComponent('#door:weft.test')}?via=weft.test&server_name=x.test`, {
      reason: 'please',
    });
    expect(answered).toBe(room);
    expect(await alice.ok('GET', statePath(room, 'm.room.member', bob.userId))).toMatchObject({ membership: 'knock', reason: 'please' });
    const { rooms } = await bob.sync();
    expect(Object.keys(rooms.knock)).toEqual([room]);
    expect(await bob.api('GET', `/rooms/${room}/state`)).toMatchObject({ status: 403 });
    await alice.invite(room, bob);
    expect(await bob.api('POST', `/knock/${room}`, {})).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    await bob.join(room);
  });

  it('is refused elsewhere', async () => {
    const room = await alice.createRoom();
    expect(await bob.api('POST', `/knock/${room}`, {})).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect(await bob.api('POST', `/knock/${encodeURIComponent('#none:weft.test')}`, {})).toMatchObject({ status: 404 });
    expect(await bob.api('POST', '/knock/junk', {})).toMatchObject({ status: 400 });
  });
});

describe('POST join', () => {
  it('puts further keys of the request into the member event, but none that the server answers for', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    const body = { reason: 'tea', foo: 'bar', membership: 'ban', join_authorised_via_users_server: alice.userId };
    expect(await bob.ok('POST', `/rooms/${room}/join`, body)).toEqual({ room_id: room });
    const member = await alice.ok('GET', statePath(room, 'm.room.member', bob.userId));
    expect(member).toMatchObject({ membership: 'join', reason: 'tea', foo: 'bar' });
    expect(member).not.toHaveProperty('join_authorised_via_users_server');
  });
});

describe('guests', () => {
  it('join and speak where the room lets guests in, and nowhere else', async () => {
    const guest = await server.guest();
    const open = await alice.createRoom({
      preset: 'public_chat',
      initial_state: [{ type: 'm.room.guest_access', content: { guest_access: 'can_join' } }],
    });
    const closed = await alice.createRoom({ preset: 'public_chat' });
    expect(await guest.api('POST', `/join/${closed}`, {})).toMatchObject({ status: 403, body: { errcode: 'M_GUEST_ACCESS_FORBIDDEN' } });
    await guest.join(open);
    await guest.say(open, 'hello');
    expect((await guest.ok('GET', `/rooms/${open}/messages?dir=b&limit=1`)).chunk[0].content.body).toBe('hello');
    expect(await guest.api('POST', '/createRoom', {})).toMatchObject({ status: 403 });
  });

  it('are taken out of a room that no longer lets them in', async () => {
    const guest = await server.guest();
    const room = await alice.createRoom({
      preset: 'public_chat',
      initial_state: [{ type: 'm.room.guest_access', content: { guest_access: 'can_join' } }],
    });
    await bob.join(room);
    await guest.join(room);
    const { next_batch: since } = await guest.sync();
    await alice.setState(room, 'm.room.guest_access', { guest_access: 'forbidden' });
    const membership = async (from: string): Promise<string> => {
      const answer = await guest.sync({ since: from, timeout: 10_000 });
      return answer.rooms?.leave?.[room] === undefined ? membership(answer.next_batch) : 'leave';
    };
    expect(await membership(since)).toBe('leave');
    expect(Object.keys((await alice.ok('GET', `/rooms/${room}/joined_members`)).joined).toSorted()).toEqual([alice.userId, bob.userId]);
  });
});
