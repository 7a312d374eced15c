import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BoundEndpoint } from '../../src/http/bound-endpoint.ts';
import { expectRefusal } from '../support/bad-input/expect-refusal.ts';
import { fillPath, paramNames } from '../support/bad-input/fill-path.ts';
import { type RawAnswer, rawRequest } from '../support/bad-input/raw-request.ts';
import { rowCounts } from '../support/bad-input/row-counts.ts';
import { type BadInputWorld, badInputWorld, bodyFor, nameOf } from '../support/bad-input/world.ts';

// Mallory knows every identifier of Alice's and shares nothing with her. Made from the endpoint table.

let world: BadInputWorld;
beforeAll(async () => {
  world = await badInputWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

function asMallory({ spec }: BoundEndpoint, values: { readonly [name: string]: string }, body: unknown): Promise<RawAnswer> {
  // What some reads insist on; the others ignore it.
  const query = spec.method === 'GET' ? '?dir=f&ts=0&limit=10' : '';
  const call = { method: spec.method, path: fillPath(spec.path, values) + query, token: world.mallory.token };
  return rawRequest(world.server.url, body === null ? call : { ...call, body: JSON.stringify(body) });
}

/** Endpoints for users whose path names all of these. */
function naming(...params: readonly string[]): BoundEndpoint[] {
  return world.endpoints.filter(
    ({ spec }) => ['user', 'guest', 'optional'].includes(spec.auth) && params.every((name) => paramNames(spec.path).includes(name)),
  );
}

/** What everybody may ask for, or has of their own, whatever room or user it names. */
const NOT_A_SECRET: readonly RegExp[] = [
  // A user's own notes and keys about a room, whether or not they are in it.
  /\/user\/:userId\/rooms\/:roomId\//,
  /\/room_keys\/keys\/:roomId/,
  // Public by the specification.
  /^GET \/_matrix\/client\/v3\/profile\//,
  /^GET \/_matrix\/client\/v3\/directory\/list\/room\//,
  // Leaves out whether the room or the user exists.
  /\/report/,
];

function isSecret(endpoint: BoundEndpoint): boolean {
  return !NOT_A_SECRET.some((pattern) => pattern.test(nameOf(endpoint)));
}

/** Numbers for names, each taken once, perhaps before it is known whether the event that has the name will be. */
const DICTIONARIES = ['event_type', 'user_nid'];

const REFUSED = { status: [403, 404] };

describe("somebody else's room", () => {
  test('nothing of it can be read or changed from outside', async () => {
    const before = await rowCounts(world.server.database.sql, DICTIONARIES);
    const refused = naming('roomId').filter(isSecret);
    expect(refused.length).toBeGreaterThan(10);
    for (const endpoint of refused) {
      const values = { ...world.hers, userId: world.mallory.userId };
      expectRefusal(await asMallory(endpoint, values, bodyOfHers(endpoint)), nameOf(endpoint), REFUSED);
    }
    expect(await rowCounts(world.server.database.sql, DICTIONARIES)).toEqual(before);
  });

  test('its events cannot be reached through a room that one is in', async () => {
    const before = await rowCounts(world.server.database.sql);
    for (const endpoint of naming('roomId', 'eventId').filter(isSecret)) {
      const answer = await asMallory(endpoint, { ...world.hers, roomId: world.malloryRoom }, bodyOfHers(endpoint));
      expectRefusal(answer, nameOf(endpoint), REFUSED);
      expect(answer.text).not.toContain('secret');
    }
    expect(await rowCounts(world.server.database.sql)).toEqual(before);
  });

  test('its events are not redacted, related to, or read up to from a room that one is in', async () => {
    const { alice, mallory, hers, malloryRoom } = world;
    const { roomId = '', eventId = '' } = hers;
    const at = `/rooms/${encodeURIComponent(malloryRoom)}`;
    await mallory.api('PUT', `${at}/redact/${encodeURIComponent(eventId)}/r1`, {});
    await mallory.api('PUT', `${at}/send/m.room.redaction/r2`, { redacts: eventId });
    await mallory.api('PUT', `${at}/send/m.reaction/r3`, { 'm.relates_to': { rel_type: 'm.annotation', event_id: eventId, key: '+' } });
    await mallory.api('PUT', `${at}/send/m.room.message/r4`, {
      body: 'edited',
      'm.new_content': { body: 'edited', msgtype: 'm.text' },
      'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
    });
    await mallory.api('POST', `${at}/receipt/m.read/${encodeURIComponent(eventId)}`, {});
    const { rooms } = await alice.sync();
    const shown = rooms.join[roomId].timeline.events.find((event: { event_id: string }) => event.event_id === eventId);
    expect(shown.content).toMatchObject({ body: 'secret' });
    expect(shown.unsigned?.['m.relations']).toBeUndefined();
    expect(JSON.stringify(rooms.join[roomId].ephemeral ?? null)).not.toContain(mallory.userId);
  });

  test('a sync, a filter or a search that names it shows nothing of it', async () => {
    const { mallory, hers } = world;
    const answer = await mallory.sync({ filter: { room: { rooms: [hers['roomId'] ?? ''] } } });
    expect(JSON.stringify(answer)).not.toContain('secret');
    const joined = await mallory.ok('GET', '/joined_rooms');
    expect(joined.joined_rooms).toEqual([world.malloryRoom]);
  });
});

describe('somebody else', () => {
  test('nothing of them that is not public can be read or changed', async () => {
    const before = await rowCounts(world.server.database.sql);
    for (const endpoint of naming('userId')) {
      if (isPublic(endpoint)) continue;
      for (const roomId of [world.malloryRoom, world.hers['roomId'] ?? '']) {
        const answer = await asMallory(endpoint, { ...world.hers, roomId }, bodyFor(endpoint));
        expectRefusal(answer, nameOf(endpoint), REFUSED);
      }
    }
    expect(await rowCounts(world.server.database.sql)).toEqual(before);
  });

  test('their devices and backups are not found by their names', async () => {
    // A challenge opens a session.
    const before = await rowCounts(world.server.database.sql, ['uia_session']);
    const alices = naming('deviceId').concat(naming('version'));
    for (const endpoint of alices.filter(({ spec }) => !spec.path.includes(':userId'))) {
      const answer = await asMallory(endpoint, world.hers, bodyOfHers(endpoint));
      // Deleting a device asks for the password first, whosever it is.
      expectRefusal(answer, nameOf(endpoint), { status: [...REFUSED.status, 401] });
    }
    expect(await rowCounts(world.server.database.sql, ['uia_session'])).toEqual(before);
    expect((await world.alice.ok('GET', '/devices')).devices).toHaveLength(1);
    expect(await world.alice.ok('GET', '/room_keys/version')).toMatchObject({ version: world.hers['version'] });
  });

  test('with the password stage done, a device that is not one’s own still is not deleted', async () => {
    const { alice, mallory } = world;
    const answer = await mallory.api('POST', '/delete_devices', { devices: [alice.deviceId] });
    const auth = {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: mallory.userId },
      password: 'correct horse battery staple',
      session: answer.body.session,
    };
    await mallory.api('POST', '/delete_devices', { devices: [alice.deviceId], auth });
    expect((await alice.ok('GET', '/devices')).devices).toHaveLength(1);
    expect((await alice.api('GET', '/account/whoami')).status).toBe(200);
  });

  test('a session of somebody else’s is no proof', async () => {
    const { alice, mallory } = world;
    const { body } = await alice.api('POST', '/delete_devices', { devices: [alice.deviceId] });
    const stolen = await mallory.api('POST', '/delete_devices', { devices: [mallory.deviceId], auth: { session: body.session } });
    expect([401, 403]).toContain(stolen.status);
  });
});

/** Reads of other users that everybody may make, and things one does to others. */
function isPublic(endpoint: BoundEndpoint): boolean {
  return /^GET .*\/profile\/:userId|\/report/.test(nameOf(endpoint));
}

/** A body in which nothing is wrong but that Mallory sends it. */
function bodyOfHers(endpoint: BoundEndpoint): unknown {
  const body = bodyFor(endpoint);
  if (body === null) return null;
  if (endpoint.spec.path.endsWith('/read_markers')) return { 'm.read': world.hers['eventId'], 'm.fully_read': world.hers['eventId'] };
  const { userId, version } = world.hers;
  return { ...body, ...('user_id' in body ? { user_id: userId } : {}), ...('version' in body ? { version } : {}) };
}
