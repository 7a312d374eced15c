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

const BLOCKED = { status: 403, body: { errcode: 'M_INVITE_BLOCKED' } };
const permit = (content: object): Promise<unknown> => bob.ok('PUT', `/user/${bob.userId}/account_data/m.invite_permission_config`, content);

describe('a user who blocks invites', () => {
  it('cannot be invited in any way, until invites are taken again', async () => {
    const room = await alice.createRoom();
    await permit({ default_action: 'block' });
    expect(await alice.api('POST', `/rooms/${encodeURIComponent(room)}/invite`, { user_id: bob.userId })).toMatchObject(BLOCKED);
    expect(await alice.api('PUT', statePath(room, 'm.room.member', bob.userId), { membership: 'invite' })).toMatchObject(BLOCKED);
    expect(await alice.api('POST', '/createRoom', { invite: [bob.userId] })).toMatchObject(BLOCKED);
    await permit({ default_action: 'something' });
    await alice.invite(room, bob);
    expect((await bob.sync()).rooms.invite).toHaveProperty([room]);
  });

  it('sees none of the invites from before, and can be in rooms', async () => {
    await permit({});
    const { next_batch: since } = await bob.sync();
    const room = await alice.createRoom();
    const open = await alice.createRoom({ preset: 'public_chat' });
    await alice.invite(room, bob);
    await permit({ default_action: 'block' });
    await bob.join(open);
    for (const answer of [await bob.sync(), await bob.sync({ since })]) {
      expect(answer.rooms.invite).toBeUndefined();
      expect(answer.rooms.join).toHaveProperty([open]);
    }
    await permit({});
    expect((await bob.sync()).rooms.invite).toHaveProperty([room]);
  });
});
