import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/api-client.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let alice: ApiClient;
let bob: ApiClient;
let admin: ApiClient;
beforeAll(async () => {
  server = await startServer();
  alice = await server.register('alice');
  bob = await server.register('bob');
  admin = await server.register('admin');
  await server.database.sql`update account set is_admin = true where user_id = ${admin.userId}`;
});
afterAll(() => server[Symbol.asyncDispose]());

const stored = () => server.database.sql`
  select kind, reporter, room_id, event_id, user_id, reason from report order by id desc limit 1`;

describe('reports', () => {
  it('of rooms come from anybody', async () => {
    const room = await alice.createRoom();
    expect(await bob.ok('POST', `/rooms/${room}/report`, { reason: '' })).toEqual({});
    expect(await stored()).toEqual([{ kind: 'room', reporter: bob.userId, room_id: room, event_id: null, user_id: null, reason: '' }]);
    expect(await bob.api('POST', `/rooms/${room}/report`, {})).toMatchObject({ status: 400, body: { errcode: 'M_BAD_JSON' } });
    expect(await bob.api('POST', '/rooms/!nowhere:weft.test/report', { reason: 'x' })).toMatchObject({
      status: 404,
      body: { errcode: 'M_NOT_FOUND' },
    });
  });

  it('of events come from people in the room who can see them, with or without a reason', async () => {
    const room = await alice.createRoom({ preset: 'public_chat' });
    const event = await alice.say(room, 'spam');
    const path = `/rooms/${room}/report/${encodeURIComponent(event)}`;
    expect(await bob.api('POST', path, { reason: 'spam' })).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } });
    await bob.join(room);
    expect(await bob.ok('POST', path, { reason: 'spam', score: -100 })).toEqual({});
    expect(await stored()).toEqual([
      { kind: 'event', reporter: bob.userId, room_id: room, event_id: event, user_id: alice.userId, reason: 'spam' },
    ]);
    expect(await bob.ok('POST', path)).toEqual({});
    expect(await bob.api('POST', path, { reason: 5 })).toMatchObject({ status: 400 });
    expect(await bob.api('POST', path, { reason: 'x'.repeat(10_001) })).toMatchObject({ status: 400 });
    expect(await bob.api('POST', `/rooms/${room}/report/$nothing`, {})).toMatchObject({ status: 404 });
  });

  it('of users need a user, as far as this server can tell', async () => {
    expect(await bob.ok('POST', `/users/${alice.userId}/report`, { reason: 'rude' })).toEqual({});
    expect(await bob.ok('POST', '/users/@far:elsewhere.test/report', { reason: 'rude' })).toEqual({});
    expect(await stored()).toMatchObject([{ kind: 'user', user_id: '@far:elsewhere.test', room_id: null }]);
    expect(await bob.api('POST', '/users/@nobody:weft.test/report', { reason: 'x' })).toMatchObject({ status: 404 });
    expect(await bob.api('POST', `/users/${alice.userId}/report`, {})).toMatchObject({ status: 400 });
    expect(await server.anonymous.api('POST', `/users/${alice.userId}/report`, { reason: 'x' })).toMatchObject({ status: 401 });
  });

  it('of events are read and removed by admins', async () => {
    const room = await alice.createRoom({ name: 'Tea' });
    const event = await alice.say(room, 'spam');
    await alice.ok('POST', `/rooms/${room}/report/${encodeURIComponent(event)}`, { reason: 'listed' });
    const list = '/_synapse/admin/v1/event_reports';
    expect(await bob.api('GET', list)).toMatchObject({ status: 403 });
    const { event_reports: reports, total } = await admin.ok('GET', `${list}?room_id=${room}`);
    expect(total).toBe(1);
    expect(reports).toMatchObject([
      { room_id: room, event_id: event, user_id: alice.userId, sender: alice.userId, reason: 'listed', name: 'Tea', canonical_alias: null },
    ]);
    const one = `${list}/${reports[0].id}`;
    expect(await admin.ok('GET', one)).toMatchObject({ id: reports[0].id, event_json: { content: { body: 'spam' } } });
    await admin.ok('DELETE', one);
    expect(await admin.api('GET', one)).toMatchObject({ status: 404 });
    const page = await admin.ok('GET', `${list}?limit=1`);
    expect(page).toMatchObject({ event_reports: [expect.anything()], next_token: 1 });
  });
});
