import { describe, expect, it } from 'vitest';
import { authEventsFor } from '../../src/core/auth/auth-events-for.ts';
import { checkAuthEvents } from '../../src/core/auth/check-auth-events.ts';
import type { RoomEvent } from '../../src/core/events/room-event.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import { ROOM_VERSIONS } from '../../src/core/room-versions/room-versions.ts';
import { stateTuple } from '../../src/core/state-res/state-map.ts';
import { ALICE, ALL_VERSIONS, AuthRoom, BOB, CAROL, CREATOR, versions } from '../support/auth-room.ts';

const CREATE = stateTuple('m.room.create', '');
const POWER = stateTuple('m.room.power_levels', '');
const RULES = stateTuple('m.room.join_rules', '');
const member = (user: string) => stateTuple('m.room.member', user);

describe.each(ALL_VERSIONS)('auth events selection, version %s', (id) => {
  const version = ROOM_VERSIONS[id];
  const create = id === '12' ? [] : [CREATE];
  const select = (fields: { type?: string; stateKey?: string; content?: JsonObject; sender?: string }) =>
    authEventsFor(
      { type: fields.type ?? 'm.room.member', stateKey: fields.stateKey, sender: fields.sender ?? ALICE, content: fields.content ?? {} },
      version,
    ).sort();
  const expected = (...tuples: string[]) => [...create, POWER, ...tuples].sort();

  it('is empty for the create event', () => {
    expect(select({ type: 'm.room.create', stateKey: '' })).toEqual([]);
  });

  it('is create, power levels and the sender for most', () => {
    expect(select({ type: 'm.room.message' })).toEqual(expected(member(ALICE)));
    expect(select({ type: 'm.room.message', content: { membership: 'join' } })).toEqual(expected(member(ALICE)));
    expect(select({ type: 'x', stateKey: BOB, content: { membership: 'join' } })).toEqual(expected(member(ALICE)));
    expect(select({ content: { membership: 'join' } })).toEqual(expected(member(ALICE)));
  });

  it.each(['join', 'invite', 'knock'])('adds target and join rules for %s', (membership) => {
    expect(select({ stateKey: BOB, content: { membership } })).toEqual(expected(member(ALICE), member(BOB), RULES));
    expect(select({ stateKey: ALICE, content: { membership } })).toEqual(expected(member(ALICE), RULES));
  });

  it.each(['leave', 'ban', 'junk', 5])('adds the target only for %s', (membership) => {
    expect(select({ stateKey: BOB, content: { membership } })).toEqual(expected(member(ALICE), member(BOB)));
  });

  it('adds the offer that a third-party invite redeems', () => {
    const third_party_invite = { signed: { token: 'tok' } };
    expect(select({ stateKey: BOB, content: { membership: 'invite', third_party_invite } })).toEqual(
      expected(member(ALICE), member(BOB), RULES, stateTuple('m.room.third_party_invite', 'tok')),
    );
    expect(select({ stateKey: BOB, content: { membership: 'join', third_party_invite } })).toEqual(
      expected(member(ALICE), member(BOB), RULES),
    );
    for (const junk of [null, 'x', {}, { signed: 'x' }, { signed: {} }, { signed: { token: 5 } }]) {
      expect(select({ stateKey: BOB, content: { membership: 'invite', third_party_invite: junk } })).toEqual(
        expected(member(ALICE), member(BOB), RULES),
      );
    }
  });

  it('adds who answers for a restricted join since version 8', () => {
    const content = { membership: 'join', join_authorised_via_users_server: CAROL };
    const extra = Number(id) >= 8 ? [member(CAROL)] : [];
    expect(select({ stateKey: ALICE, content })).toEqual(expected(member(ALICE), RULES, ...extra));
    expect(select({ stateKey: ALICE, content: { ...content, membership: 'invite' } })).toEqual(expected(member(ALICE), RULES));
    for (const twice of [ALICE, BOB]) {
      const named = { ...content, join_authorised_via_users_server: twice };
      expect(select({ stateKey: BOB, content: named })).toEqual(expected(member(ALICE), member(BOB), RULES));
    }
    expect(select({ stateKey: ALICE, content: { ...content, join_authorised_via_users_server: 5 } })).toEqual(
      expected(member(ALICE), RULES),
    );
  });
});

describe('checking auth events', () => {
  const verdict = (room: AuthRoom, cited: (RoomEvent | [RoomEvent, 'rejected'])[], event = room.event()) => {
    const list = cited.map((entry) => (Array.isArray(entry) ? { event: entry[0], rejected: true } : { event: entry, rejected: false }));
    const result = checkAuthEvents(event, list, room.version);
    return result.allow ? 'allow' : result.rule;
  };
  const parts = (room: AuthRoom) => ({
    create: room.create,
    power: room.event({ type: 'm.room.power_levels', stateKey: '', sender: CREATOR }),
    alice: room.event({ type: 'm.room.member', stateKey: ALICE, content: { membership: 'join' } }),
    bob: room.event({ type: 'm.room.member', stateKey: BOB, sender: BOB, content: { membership: 'join' } }),
  });

  it.each(versions(1, 11))('wants the selected ones, with the create event, in version %s', (id) => {
    const room = new AuthRoom(id);
    const { create, power, alice, bob } = parts(room);
    expect(verdict(room, [create, power, alice])).toBe('allow');
    expect(verdict(room, [create])).toBe('allow');
    expect(verdict(room, [power, alice])).toBe('authEvents.noCreate');
    expect(verdict(room, [])).toBe('authEvents.noCreate');
    expect(verdict(room, [create, bob])).toBe('authEvents.selection');
    expect(verdict(room, [create, create])).toBe('authEvents.duplicate');
    expect(verdict(room, [create, alice, { ...alice, eventId: '$x:home' as typeof alice.eventId }])).toBe('authEvents.duplicate');
    expect(verdict(room, [create, [power, 'rejected']])).toBe('authEvents.rejected');
    expect(verdict(room, [create, { ...power, roomId: '!other:home' as typeof power.roomId }])).toBe('authEvents.otherRoom');
    expect(verdict(room, [create, room.event()])).toBe('authEvents.selection');
  });

  it.each(ALL_VERSIONS)('wants state, whatever its type, in version %s', (id) => {
    const room = new AuthRoom(id);
    const third_party_invite = { signed: { token: 'undefined' } };
    const invite = room.event({ type: 'm.room.member', stateKey: BOB, content: { membership: 'invite', third_party_invite } });
    const create = room.version.createInAuthEvents ? [room.create] : [];
    const offer = { type: 'm.room.third_party_invite' };
    expect(verdict(room, [...create, room.event({ ...offer, stateKey: 'undefined' })], invite)).toBe('allow');
    expect(verdict(room, [...create, room.event(offer)], invite)).toBe('authEvents.selection');
  });

  it('wants no create event in version 12', () => {
    const room = new AuthRoom('12');
    const { create, power, alice } = parts(room);
    expect(verdict(room, [power, alice])).toBe('allow');
    expect(verdict(room, [])).toBe('allow');
    expect(verdict(room, [create, power])).toBe('authEvents.selection');
  });

  it.each(ALL_VERSIONS)('leaves the create event alone in version %s', (id) => {
    const room = new AuthRoom(id);
    expect(verdict(room, [], room.create)).toBe('allow');
  });
});
