import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, statePath } from '../support/api-client.ts';
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

describe('state that the room refuses', () => {
  const powerLevels = (who: ApiClient, room: string, content: object) => who.api('PUT', statePath(room, 'm.room.power_levels'), content);

  it('is malformed when nobody could set it', async () => {
    const room = await alice.createRoom({ room_version: '12' });
    for (const content of [
      { users: { [alice.userId]: 100 } },
      { users: { nobody: 1 } },
      { users: { [bob.userId]: 'much' } },
      { ban: 1.5 },
    ]) {
      expect(await powerLevels(alice, room, content)).toMatchObject({ status: 400, body: { errcode: 'M_BAD_JSON' } });
    }
  });

  it('is forbidden when this sender may not set it', async () => {
    const room = await alice.createRoom({ room_version: '12', preset: 'public_chat' });
    await bob.join(room);
    expect(await powerLevels(bob, room, { users: { [bob.userId]: 100 } })).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
  });

  it('makes no room', async () => {
    for (const override of [{ users: { [alice.userId]: 100 } }, { users: { nobody: 1 } }]) {
      expect(await alice.api('POST', '/createRoom', { room_version: '12', power_level_content_override: override })).toMatchObject({
        status: 400,
        body: { errcode: 'M_INVALID_ROOM_STATE' },
      });
    }
  });
});

describe('a restricted room', () => {
  it('lets members of the allowed room in, and the server alone says who answers for them', async () => {
    const allowed = await alice.createRoom({ preset: 'public_chat' });
    const room = await alice.createRoom({
      initial_state: [
        {
          type: 'm.room.join_rules',
          content: { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: allowed }] },
        },
      ],
    });
    expect(await bob.api('POST', `/join/${room}`, {})).toMatchObject({ status: 403 });
    await bob.join(allowed);
    await bob.ok('POST', `/join/${room}`, { join_authorised_via_users_server: '@somebody:else.test' });
    const path = statePath(room, 'm.room.member', bob.userId);
    expect(await bob.ok('GET', path)).toEqual({ membership: 'join', join_authorised_via_users_server: alice.userId });
    await bob.ok('PUT', path, { membership: 'join', displayname: 'Bobby', join_authorised_via_users_server: 'unused' });
    expect(await bob.ok('GET', path)).toEqual({ membership: 'join', displayname: 'Bobby' });
  });
});
