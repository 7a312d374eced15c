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

const rulePath = (kind: string, room: string): string => `/pushrules/global/${kind}/${encodeURIComponent(room)}`;
const tagsPath = (who: ApiClient, room: string): string => `/user/${who.userId}/rooms/${encodeURIComponent(room)}/tags`;
const upgrade = async (room: string): Promise<string> =>
  (await alice.ok('POST', `/rooms/${encodeURIComponent(room)}/upgrade`, { new_version: '12' })).replacement_room;

/** Syncs until the user's settings for a room have arrived. */
async function arrival(who: ApiClient, since: string, room: string): Promise<void> {
  let from = since;
  for (let seen = ''; !(seen.includes('m.push_rules') && seen.includes('m.tag') && seen.includes(room)); ) {
    const answer = await who.sync({ since: from, timeout: 10_000 });
    seen += JSON.stringify([answer.account_data, answer.rooms?.join?.[room]?.account_data, Object.keys(answer.rooms?.join ?? {})]);
    from = answer.next_batch;
  }
}

async function settle(who: ApiClient, room: string): Promise<string> {
  await who.ok('PUT', rulePath('room', room), { actions: [] });
  await who.ok('PUT', rulePath('override', room), {
    actions: [],
    conditions: [{ kind: 'event_match', key: 'room_id', pattern: room }],
  });
  await who.ok('PUT', `${tagsPath(who, room)}/m.favourite`, { order: 0.5 });
  await who.ok('PUT', `/user/${who.userId}/account_data/m.direct`, { '@carol:weft.test': [room] });
  return (await who.sync()).next_batch;
}

describe('settings of a room', () => {
  it('follow whoever upgrades it, and everybody who joins the new room', async () => {
    const old = await alice.createRoom({ preset: 'public_chat', room_version: '11' });
    await bob.join(old);
    const since = [await settle(alice, old), await settle(bob, old)];
    const room = await upgrade(old);
    await bob.join(room);
    for (const [index, who] of [alice, bob].entries()) {
      await arrival(who, since[index] ?? '', room);
      expect(await who.ok('GET', rulePath('room', room))).toMatchObject({ rule_id: room, enabled: true, actions: [] });
      expect((await who.ok('GET', rulePath('override', room))).conditions).toEqual([
        { kind: 'event_match', key: 'room_id', pattern: room },
      ]);
      expect((await who.ok('GET', tagsPath(who, room))).tags).toEqual({ 'm.favourite': { order: 0.5 } });
      expect(await who.ok('GET', `/user/${who.userId}/account_data/m.direct`)).toEqual({ '@carol:weft.test': [old, room] });
    }
  });

  it('follow an upgrade by hand, but not to a room that only claims to be the successor', async () => {
    const old = await alice.createRoom({ preset: 'public_chat' });
    await bob.join(old);
    const since = [await settle(alice, old), await settle(bob, old)];
    const successor = { preset: 'public_chat', creation_content: { predecessor: { room_id: old } } };
    const claimed = await alice.createRoom(successor);
    await bob.join(claimed);
    const room = await alice.createRoom(successor);
    await alice.setState(old, 'm.room.tombstone', { body: 'Moved', replacement_room: room });
    await bob.join(room);
    await arrival(bob, since[1] ?? '', room);
    expect((await bob.ok('GET', tagsPath(bob, room))).tags).toHaveProperty(['m.favourite']);
    expect((await bob.ok('GET', tagsPath(bob, claimed))).tags).toEqual({});
    expect(await bob.api('GET', rulePath('room', claimed))).toMatchObject({ status: 404 });
    await arrival(alice, since[0] ?? '', room);
    expect((await alice.ok('GET', tagsPath(alice, room))).tags).toHaveProperty(['m.favourite']);
  });

  it('are left alone where the user has set them already, also by a later change of name', async () => {
    const old = await alice.createRoom({ preset: 'public_chat' });
    const since = await settle(alice, old);
    const room = await upgrade(old);
    await arrival(alice, since, room);
    await alice.ok('DELETE', rulePath('room', room));
    await alice.ok('PUT', statePath(room, 'm.room.member', alice.userId), { membership: 'join', displayname: 'Al' });
    await alice.sync();
    expect(await alice.api('GET', rulePath('room', room))).toMatchObject({ status: 404 });
  });
});
