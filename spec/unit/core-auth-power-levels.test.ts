import { describe, expect, it } from 'vitest';
import { mayApplyRedaction } from '../../src/core/auth/authorise-redaction.ts';
import { powerLevelValue } from '../../src/core/auth/power-level-value.ts';
import { actionPower, notificationPower, powerLevelOf, requiredPower } from '../../src/core/auth/power-levels.ts';
import { isPrivilegedCreator, privilegedCreators, roomCreator } from '../../src/core/auth/room-creators.ts';
import type { UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/json-value.ts';
import type { RoomVersionId } from '../../src/core/room-versions/room-version.ts';
import { ROOM_VERSIONS } from '../../src/core/room-versions/room-versions.ts';
import { ALICE, ALL_VERSIONS, AuthRoom, BOB, CAROL, CREATOR, versions } from '../support/auth-room.ts';

/** Alice has 50. Everybody may send power levels, so that only their own rule speaks. */
const OPEN = { events: { 'm.room.power_levels': 0 } };

function change(id: RoomVersionId, before: JsonObject, after: JsonObject, sender = ALICE): string {
  const room = new AuthRoom(id).member(ALICE, 'join').member(BOB, 'join').member(CREATOR, 'join');
  const shared = (content: JsonObject) => ({
    ...content,
    users: { [ALICE]: 50, ...(content['users'] as object) },
    events: { ...OPEN.events, ...(content['events'] as object) },
  });
  return room.power(shared(before)).ask({ type: 'm.room.power_levels', stateKey: '', sender, content: shared(after) });
}

function first(id: RoomVersionId, content: JsonObject): string {
  return new AuthRoom(id).member(CREATOR, 'join').ask({ type: 'm.room.power_levels', stateKey: '', sender: CREATOR, content });
}

describe.each(ALL_VERSIONS)('changing power levels, version %s', (id) => {
  it.each(['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite'])(
    '%s moves within one’s own power',
    (name) => {
      expect(change(id, { [name]: 50 }, { [name]: 0 })).toBe('allow');
      expect(change(id, { [name]: 51 }, { [name]: 0 })).toBe('powerLevels.level');
      expect(change(id, { [name]: 0 }, { [name]: 50 })).toBe('allow');
      expect(change(id, { [name]: 0 }, { [name]: 51 })).toBe('powerLevels.level');
      expect(change(id, {}, { [name]: 50 })).toBe('allow');
      expect(change(id, {}, { [name]: 51 })).toBe('powerLevels.level');
      expect(change(id, { [name]: 50 }, {})).toBe('allow');
      expect(change(id, { [name]: 51 }, {})).toBe('powerLevels.level');
      expect(change(id, { [name]: 51 }, { [name]: 51 })).toBe('allow');
    },
  );

  it('entries of events move within one’s own power', () => {
    const ask = (before: JsonObject, after: JsonObject) => change(id, { events: before }, { events: after });
    expect(ask({ x: 50 }, { x: 0 })).toBe('allow');
    expect(ask({ x: 51 }, { x: 0 })).toBe('powerLevels.events');
    expect(ask({ x: 51 }, {})).toBe('powerLevels.events');
    expect(ask({ x: 50 }, {})).toBe('allow');
    expect(ask({}, { x: 50 })).toBe('allow');
    expect(ask({}, { x: 51 })).toBe('powerLevels.events');
    expect(ask({ x: 0 }, { x: 51 })).toBe('powerLevels.events');
    expect(ask({ x: 51 }, { x: 51 })).toBe('allow');
    expect(ask({}, JSON.parse('{"__proto__":51}') as JsonObject)).toBe('powerLevels.events');
    expect(ask({}, { constructor: 51 })).toBe('powerLevels.events');
    expect(ask({}, { constructor: 50 })).toBe('allow');
  });

  it('entries of notifications are guarded since version 6', () => {
    const guarded = Number(id) >= 6 ? 'powerLevels.notifications' : 'allow';
    const ask = (before: JsonObject, after: JsonObject) => change(id, { notifications: before }, { notifications: after });
    expect(ask({}, { room: 51 })).toBe(guarded);
    expect(ask({ room: 51 }, {})).toBe(guarded);
    expect(ask({ room: 51 }, { room: 0 })).toBe(guarded);
    expect(ask({ room: 50 }, { room: 0 })).toBe('allow');
    expect(ask({}, { room: 50 })).toBe('allow');
    expect(change(id, {}, { notifications: { room: 51 } })).toBe(guarded);
    expect(change(id, { notifications: { room: 51 } }, {})).toBe(guarded);
  });

  it('users are raised to one’s own power, and lowered from below it', () => {
    const ask = (before: JsonObject, after: JsonObject) => change(id, { users: before }, { users: after });
    expect(ask({}, { [BOB]: 50 })).toBe('allow');
    expect(ask({}, { [BOB]: 51 })).toBe('powerLevels.user.new');
    expect(ask({ [BOB]: 10 }, { [BOB]: 51 })).toBe('powerLevels.user.new');
    expect(ask({ [BOB]: 49 }, { [BOB]: 50 })).toBe('allow');
    expect(ask({ [BOB]: 49 }, {})).toBe('allow');
    expect(ask({ [BOB]: 50 }, { [BOB]: 0 })).toBe('powerLevels.user.current');
    expect(ask({ [BOB]: 50 }, {})).toBe('powerLevels.user.current');
    expect(ask({ [BOB]: 90 }, { [BOB]: 90 })).toBe('allow');
  });

  it('oneself may step down but not up', () => {
    const ask = (own: number) => change(id, {}, { users: { [ALICE]: own } });
    expect(ask(0)).toBe('allow');
    expect(ask(51)).toBe('powerLevels.user.new');
    const room = new AuthRoom(id).member(ALICE, 'join').power({ ...OPEN, users: { [ALICE]: 50 } });
    expect(room.ask({ type: 'm.room.power_levels', stateKey: '', content: { ...OPEN, users: {} } })).toBe('allow');
  });

  it('users must be ids with integers', () => {
    expect(first(id, {})).toBe('allow');
    expect(first(id, { users: {} })).toBe('allow');
    expect(first(id, { users: { [ALICE]: 1 } })).toBe('allow');
    for (const users of ['x', 5, null, [], { alice: 1 }, { [ALICE]: null }, { [ALICE]: {} }, { [ALICE]: 'x' }, { '@alice': 1 }]) {
      expect(first(id, { users: users as JsonValue })).toBe('powerLevels.users');
    }
  });

  it('the first ones may say anything the version can read', () => {
    expect(first(id, { ban: 1000, events: { x: 1000 }, users: { [ALICE]: 1000 } })).toBe('allow');
  });
});

describe('shape of power levels', () => {
  it.each(versions(10))('is integers everywhere in version %s', (id) => {
    for (const name of ['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite']) {
      for (const junk of ['50', 1.5, null, {}, [], true]) expect(first(id, { [name]: junk })).toBe('powerLevels.integer');
      expect(first(id, { [name]: -5 })).toBe('allow');
    }
    for (const name of ['events', 'notifications']) {
      for (const junk of ['50', 1.5, null, [], { x: '50' }, { x: null }, { x: 1.5 }])
        expect(first(id, { [name]: junk })).toBe('powerLevels.table');
      expect(first(id, { [name]: { x: 1 } })).toBe('allow');
    }
    expect(first(id, { users: { [ALICE]: '50' } })).toBe('powerLevels.users');
  });

  it.each(versions(1, 9))('takes strings in version %s', (id) => {
    expect(first(id, { ban: '50', events: { x: '1' }, users: { [ALICE]: ' +050 ' } })).toBe('allow');
    expect(change(id, { ban: '60' }, { ban: 60 })).toBe('allow');
    expect(change(id, { ban: '60' }, { ban: 61 })).toBe('powerLevels.level');
    // Junk in the first power levels is nobody's business; changing to it or from it is beyond everybody's power.
    expect(first(id, { ban: 'junk', events: 'junk' })).toBe('allow');
    expect(change(id, { ban: 'junk' }, { ban: 0 })).toBe('powerLevels.level');
    expect(change(id, { ban: 0 }, { ban: 'junk' })).toBe('powerLevels.level');
    expect(change(id, { ban: 'junk' }, { ban: 'rubbish' })).toBe('allow');
  });

  it('treats a junk table as empty when it is old, and refuses it when it is new', () => {
    const room = new AuthRoom('9').member(CREATOR, 'join').put('m.room.power_levels', '', { users: { [CREATOR]: 100 }, events: 'junk' });
    const ask = (content: JsonObject) => room.ask({ type: 'm.room.power_levels', stateKey: '', sender: CREATOR, content });
    expect(ask({ users: { [CREATOR]: 100 }, events: { x: 100 } })).toBe('allow');
    expect(ask({ users: { [CREATOR]: 100 }, events: { x: 101 } })).toBe('powerLevels.events');
    expect(ask({ users: { [CREATOR]: 100 }, events: 'junk' })).toBe('powerLevels.table');
    expect(ask({ users: { [CREATOR]: 100 }, notifications: 'junk' })).toBe('powerLevels.table');
    expect(ask({ users: { [CREATOR]: 100 } })).toBe('allow');
  });

  it('names no creators in version 12', () => {
    const room = new AuthRoom('12', { additional_creators: [BOB] }).member(CREATOR, 'join');
    const ask = (users: JsonObject) => room.ask({ type: 'm.room.power_levels', stateKey: '', sender: CREATOR, content: { users } });
    expect(ask({ [ALICE]: 5 })).toBe('allow');
    expect(ask({ [CREATOR]: 5 })).toBe('powerLevels.creator');
    expect(ask({ [ALICE]: 5, [BOB]: 5 })).toBe('powerLevels.creator');
    expect(first('11', { users: { [CREATOR]: 5 } })).toBe('allow');
  });

  it('lets creators of version 12 change everything', () => {
    expect(change('12', { ban: 2 ** 53 - 1, users: { [BOB]: 99 } }, { ban: 0, users: { [BOB]: 2 ** 53 - 1 } }, CREATOR)).toBe('allow');
  });
});

describe('values', () => {
  it.each<[unknown, number | null, number | null, number | null]>([
    // value, versions 1 to 5, versions 6 to 9, since 10
    [50, 50, 50, 50],
    [-50, -50, -50, -50],
    [0, 0, 0, 0],
    [50.57, 50, null, null],
    [-1.5, -1, null, null],
    [2 ** 60, 2 ** 60, null, null],
    [Infinity, null, null, null],
    [NaN, null, null, null],
    ['100', 100, 100, null],
    ['000100', 100, 100, null],
    ['+100', 100, 100, null],
    ['-100', -100, -100, null],
    [' 00100\t', 100, 100, null],
    ['', null, null, null],
    [' ', null, null, null],
    ['1.5', null, null, null],
    ['1e3', null, null, null],
    ['0x10', null, null, null],
    ['- 1', null, null, null],
    ['+-1', null, null, null],
    ['1 2', null, null, null],
    ['9'.repeat(400), null, null, null],
    [null, null, null, null],
    [true, null, null, null],
    [[5], null, null, null],
    [{}, null, null, null],
  ])('%j reads as %s, %s, %s', (value, lenient, strings, integers) => {
    for (const id of versions(1, 5)) expect(powerLevelValue(value, ROOM_VERSIONS[id])).toBe(lenient);
    for (const id of versions(6, 9)) expect(powerLevelValue(value, ROOM_VERSIONS[id])).toBe(strings);
    for (const id of versions(10)) expect(powerLevelValue(value, ROOM_VERSIONS[id])).toBe(integers);
  });
});

describe.each(ALL_VERSIONS)('levels, version %s', (id) => {
  const version = ROOM_VERSIONS[id];
  const twelve = id === '12';

  it('have defaults without power levels', () => {
    const { state } = new AuthRoom(id);
    expect(powerLevelOf(CREATOR, state, version)).toBe(twelve ? Infinity : 100);
    expect(powerLevelOf(ALICE, state, version)).toBe(0);
    expect(requiredPower({ type: 'x', isState: true }, state, version)).toBe(50);
    expect(requiredPower({ type: 'x', isState: false }, state, version)).toBe(0);
    expect(actionPower('ban', state, version)).toBe(50);
    expect(actionPower('kick', state, version)).toBe(50);
    expect(actionPower('redact', state, version)).toBe(50);
    expect(actionPower('invite', state, version)).toBe(0);
    expect(notificationPower('room', state, version)).toBe(50);
  });

  it('have the same defaults with empty power levels, which the creator loses to', () => {
    const { state } = new AuthRoom(id).power({});
    expect(powerLevelOf(CREATOR, state, version)).toBe(twelve ? Infinity : 0);
    expect(requiredPower({ type: 'x', isState: true }, state, version)).toBe(50);
    expect(requiredPower({ type: 'x', isState: false }, state, version)).toBe(0);
    expect(actionPower('ban', state, version)).toBe(50);
    expect(actionPower('invite', state, version)).toBe(0);
    expect(notificationPower('room', state, version)).toBe(50);
  });

  it('are read where they stand', () => {
    const { state } = new AuthRoom(id).power({
      users: { [ALICE]: 7 },
      users_default: 3,
      events: { x: 8, zero: 0 },
      events_default: 4,
      state_default: 5,
      ban: 1,
      kick: 2,
      redact: 3,
      invite: 4,
      notifications: { room: 9 },
    });
    expect(powerLevelOf(ALICE, state, version)).toBe(7);
    expect(powerLevelOf(BOB, state, version)).toBe(3);
    expect(requiredPower({ type: 'x', isState: true }, state, version)).toBe(8);
    expect(requiredPower({ type: 'x', isState: false }, state, version)).toBe(8);
    expect(requiredPower({ type: 'zero', isState: true }, state, version)).toBe(0);
    expect(requiredPower({ type: 'y', isState: true }, state, version)).toBe(5);
    expect(requiredPower({ type: 'y', isState: false }, state, version)).toBe(4);
    expect(requiredPower({ type: 'constructor', isState: false }, state, version)).toBe(4);
    expect((['ban', 'kick', 'redact', 'invite'] as const).map((action) => actionPower(action, state, version))).toEqual([1, 2, 3, 4]);
    expect(notificationPower('room', state, version)).toBe(9);
    expect(notificationPower('other', state, version)).toBe(50);
    expect(notificationPower('toString', state, version)).toBe(50);
  });

  it('grant nothing when they are junk', () => {
    const { state } = new AuthRoom(id).power({
      users: { [ALICE]: 'x' },
      events: { x: 'x' },
      ban: 'x',
      users_default: [],
      events_default: {},
      notifications: { room: 'x' },
    });
    expect(powerLevelOf(ALICE, state, version)).toBe(-Infinity);
    expect(powerLevelOf(BOB, state, version)).toBe(-Infinity);
    expect(requiredPower({ type: 'x', isState: false }, state, version)).toBe(Infinity);
    expect(requiredPower({ type: 'y', isState: false }, state, version)).toBe(Infinity);
    expect(actionPower('ban', state, version)).toBe(Infinity);
    expect(notificationPower('room', state, version)).toBe(Infinity);
  });

  it('survive without a create event', () => {
    const { state } = new AuthRoom(id).without('m.room.create');
    expect(powerLevelOf(CREATOR, state, version)).toBe(0);
  });
});

describe('creators', () => {
  it('are content.creator, the sender, or the sender and others', () => {
    const content = { creator: ALICE, additional_creators: [BOB, BOB, 5, CREATOR] };
    for (const id of versions(1, 10)) expect(roomCreator(new AuthRoom(id, content).create, ROOM_VERSIONS[id])).toBe(ALICE);
    for (const id of versions(11)) expect(roomCreator(new AuthRoom(id, content).create, ROOM_VERSIONS[id])).toBe(CREATOR);
    expect(roomCreator(new AuthRoom('1', { creator: 5 }).create, ROOM_VERSIONS['1'])).toBeUndefined();

    const old = new AuthRoom('11', content).create;
    expect(isPrivilegedCreator(CREATOR, old, ROOM_VERSIONS['11'])).toBe(false);
    expect(privilegedCreators(old, ROOM_VERSIONS['11'])).toEqual([]);
    const { create, version } = new AuthRoom('12', content);
    expect([CREATOR, BOB, ALICE, CAROL].map((user) => isPrivilegedCreator(user, create, version))).toEqual([true, true, false, false]);
    expect(privilegedCreators(create, version)).toEqual([CREATOR, BOB]);
    expect(isPrivilegedCreator(CREATOR, undefined, version)).toBe(false);
    const junk = new AuthRoom('12', { additional_creators: BOB }).create;
    expect(isPrivilegedCreator(BOB, junk, version)).toBe(false);
    expect(privilegedCreators(junk, version)).toEqual([CREATOR]);
  });

  it('have 100 while versions 1 to 11 have no power levels, by content or sender', () => {
    const { state } = new AuthRoom('10', { creator: ALICE });
    expect(powerLevelOf(ALICE, state, ROOM_VERSIONS['10'])).toBe(100);
    expect(powerLevelOf(CREATOR, state, ROOM_VERSIONS['10'])).toBe(0);
    const eleven = new AuthRoom('11', { creator: ALICE });
    expect(powerLevelOf(ALICE, eleven.state, ROOM_VERSIONS['11'])).toBe(0);
    expect(powerLevelOf(CREATOR, eleven.state, ROOM_VERSIONS['11'])).toBe(100);
    const twelve = new AuthRoom('12', { additional_creators: [ALICE] }).power({ users: { [ALICE]: 5 } });
    expect(powerLevelOf(ALICE, twelve.state, ROOM_VERSIONS['12'])).toBe(Infinity);
  });
});

describe('applying redactions', () => {
  const target = (sender: string) => ({ sender: sender as UserId });

  it.each(versions(3))('takes power or the same server, version %s', (id) => {
    const room = new AuthRoom(id).power({ users: { [CAROL]: 50, [BOB]: 49 } });
    const may = (sender: string, of: string) =>
      mayApplyRedaction(room.event({ type: 'm.room.redaction', sender }), target(of), room.state, room.version);
    expect(may(CAROL, ALICE)).toBe(true);
    expect(may(BOB, ALICE)).toBe(false);
    expect(may(BOB, '@other:away')).toBe(true);
  });

  it.each(['1', '2'] as const)('was decided by the rules in version %s', (id) => {
    const room = new AuthRoom(id);
    expect(mayApplyRedaction(room.event({ sender: BOB }), target(ALICE), room.state, room.version)).toBe(true);
  });
});
