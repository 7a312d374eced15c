import { describe, expect, it } from 'vitest';
import { redact } from '../../src/core/events/redact.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import { ROOM_VERSIONS } from '../../src/core/room-versions/room-versions.ts';
import { ALL_VERSIONS, versions } from '../support/auth-room.ts';

const EVENT: JsonObject = {
  event_id: '$e:x',
  type: 'some.type',
  room_id: '!r:x',
  sender: '@a:x',
  state_key: '',
  content: { body: 'hello' },
  hashes: { sha256: 'h' },
  signatures: { x: { 'ed25519:1': 's' } },
  depth: 5,
  prev_events: ['$p'],
  prev_state: [],
  auth_events: ['$a'],
  origin: 'x',
  origin_server_ts: 7,
  membership: 'join',
  redacts: '$r',
  unsigned: { age: 1 },
  age_ts: 5,
  extra: true,
};

describe.each(ALL_VERSIONS)('redaction, version %s', (id) => {
  const version = ROOM_VERSIONS[id];
  const contentAfter = (type: string, content: JsonObject) => redact({ ...EVENT, type, content }, version)['content'];

  it('keeps what the protocol needs at the top level', () => {
    const without = (...names: string[]) =>
      Object.fromEntries(Object.entries({ ...EVENT, content: {} }).filter(([name]) => !names.includes(name)));
    const kept = without('redacts', 'unsigned', 'age_ts', 'extra');
    const keptSince11 = without('redacts', 'unsigned', 'age_ts', 'extra', 'prev_state', 'origin', 'membership');
    expect(redact(EVENT, version)).toEqual(Number(id) >= 11 ? keptSince11 : kept);
  });

  it('adds nothing', () => {
    expect(redact({ type: 'x' }, version)).toEqual({ type: 'x' });
    expect(redact({ content: { a: 1 } }, version)).toEqual({ content: {} });
    expect(redact({ type: 'm.room.member', content: {} }, version)).toEqual({ type: 'm.room.member', content: {} });
    expect(redact({ type: 'm.room.member', content: 'junk' }, version)).toEqual({ type: 'm.room.member', content: {} });
    expect(redact({ type: 5, content: { membership: 'join' } }, version)).toEqual({ type: 5, content: {} });
    expect(redact({ type: undefined }, version)).toEqual({});
  });

  it('does not change its argument', () => {
    const before = structuredClone(EVENT);
    redact(EVENT, version);
    expect(EVENT).toEqual(before);
  });

  it('empties the content of types without a rule', () => {
    for (const type of ['m.room.message', 'm.room.name', 'm.room.topic', 'constructor', 'm.room.third_party_invite']) {
      expect(contentAfter(type, { body: 'x', membership: 'join', creator: 'y' })).toEqual({});
    }
  });

  it('keeps the membership', () => {
    const content = { membership: 'join', displayname: 'A', reason: 'b', join_authorised_via_users_server: '@b:x' };
    const kept = Number(id) >= 9 ? { membership: 'join', join_authorised_via_users_server: '@b:x' } : { membership: 'join' };
    expect(contentAfter('m.room.member', content)).toEqual(kept);
  });

  it('keeps the signed part of a third-party invite since version 11', () => {
    const content = { membership: 'invite', third_party_invite: { display_name: 'n', signed: { mxid: '@a:x', token: 't' } } };
    const since11 = Number(id) >= 11;
    expect(contentAfter('m.room.member', content)).toEqual({
      membership: 'invite',
      ...(since11 ? { third_party_invite: { signed: { mxid: '@a:x', token: 't' } } } : {}),
    });
    expect(contentAfter('m.room.member', { third_party_invite: { display_name: 'n' } })).toEqual(since11 ? { third_party_invite: {} } : {});
    expect(contentAfter('m.room.member', { third_party_invite: 'junk' })).toEqual({});
    expect(contentAfter('m.room.create', { third_party_invite: { x: 1 } })).toEqual(since11 ? { third_party_invite: { x: 1 } } : {});
    expect(contentAfter('m.room.join_rules', { third_party_invite: { signed: {} } })).toEqual({});
  });

  it('keeps the creator, or all of the create event since version 11', () => {
    const content = { creator: '@a:x', room_version: id, 'm.federate': false, extra: 1 };
    expect(contentAfter('m.room.create', content)).toEqual(Number(id) >= 11 ? content : { creator: '@a:x' });
  });

  it('keeps the join rule, and allow since version 8', () => {
    const content = { join_rule: 'restricted', allow: [{ type: 'x' }], extra: 1 };
    expect(contentAfter('m.room.join_rules', content)).toEqual(
      Number(id) >= 8 ? { join_rule: 'restricted', allow: [{ type: 'x' }] } : { join_rule: 'restricted' },
    );
  });

  it('keeps power levels, and invite since version 11', () => {
    const kept = {
      ban: 1,
      events: { x: 1 },
      events_default: 2,
      kick: 3,
      redact: 4,
      state_default: 5,
      users: { '@a:x': 6 },
      users_default: 7,
    };
    const content = { ...kept, invite: 8, notifications: { room: 9 }, extra: 1 };
    expect(contentAfter('m.room.power_levels', content)).toEqual(Number(id) >= 11 ? { ...kept, invite: 8 } : kept);
  });

  it('keeps aliases up to version 5', () => {
    expect(contentAfter('m.room.aliases', { aliases: ['#a:x'], extra: 1 })).toEqual(Number(id) <= 5 ? { aliases: ['#a:x'] } : {});
  });

  it('keeps history visibility', () => {
    expect(contentAfter('m.room.history_visibility', { history_visibility: 'shared', extra: 1 })).toEqual({ history_visibility: 'shared' });
  });

  it('keeps the target of a redaction since version 11, where it is in content', () => {
    expect(contentAfter('m.room.redaction', { redacts: '$x', reason: 'y' })).toEqual(Number(id) >= 11 ? { redacts: '$x' } : {});
  });
});

it('covers every version', () => {
  expect(versions(1)).toHaveLength(12);
});
