import { describe, expect, it } from 'vitest';
import type { UserId } from '../../../src/core/ids/brands.ts';
import { ROOM_VERSIONS } from '../../../src/core/room-versions/room-versions.ts';
import { supportedJoinRules } from '../../../src/rooms/service/upgrade-room.ts';
import { retiredPowerLevels, upgradedPowerLevels } from '../../../src/rooms/service/upgraded-power-levels.ts';

const creator = '@a:weft.test' as UserId;
const upgraded = (content: object, from: keyof typeof ROOM_VERSIONS, to: keyof typeof ROOM_VERSIONS, additionalCreators: string[] = []) =>
  upgradedPowerLevels(content as Parameters<typeof upgradedPowerLevels>[0], {
    from: ROOM_VERSIONS[from],
    to: ROOM_VERSIONS[to],
    creator,
    additionalCreators,
  });

describe('power levels of a replacement room', () => {
  it('become whole numbers, and what cannot be read is left out', () => {
    const content = {
      users: { [creator]: '100', '@b:weft.test': 50.9, junk: 10, '@c:weft.test': 'many' },
      events: { 'm.room.name': ' 50 ', 'm.room.topic': null },
      notifications: 'none',
      ban: '50',
      kick: {},
      'org.example.note': 'kept',
    };
    expect(upgraded(content, '1', '10')).toEqual({
      users: { [creator]: 100, '@b:weft.test': 50 },
      events: { 'm.room.name': 50 },
      notifications: {},
      ban: 50,
      'org.example.note': 'kept',
    });
  });

  it('do not list creators who stand above them', () => {
    const content = { users: { [creator]: 100, '@b:weft.test': 90, '@c:weft.test': 50 } };
    expect(upgraded(content, '11', '12', ['@b:weft.test'])).toEqual({ users: { '@c:weft.test': 50 } });
  });

  it('give a creator who stood above them the highest level of all', () => {
    const content = { users: { '@b:weft.test': 50 }, events: { 'm.room.tombstone': 150 } };
    expect(upgraded(content, '12', '11').users).toEqual({ '@b:weft.test': 50, [creator]: 150 });
    expect(upgraded({}, '12', '11').users).toEqual({ [creator]: 100 });
  });
});

describe('power levels of a replaced room', () => {
  it('keep ordinary people from speaking and inviting', () => {
    const version = ROOM_VERSIONS['11'];
    expect(retiredPowerLevels({ users: {}, events_default: 0 }, version)).toEqual({ users: {}, events_default: 50, invite: 50 });
    expect(retiredPowerLevels({ users_default: 60, invite: 70 }, version)).toEqual({ users_default: 60, invite: 70, events_default: 61 });
    expect(retiredPowerLevels({ events_default: 50, invite: 99 }, version)).toBeNull();
  });
});

describe('join rules of a replacement room', () => {
  it.for([
    ['knock_restricted', '10', 'knock_restricted'],
    ['knock_restricted', '9', 'restricted'],
    ['knock_restricted', '7', 'invite'],
    ['restricted', '7', 'invite'],
    ['knock', '6', 'invite'],
    ['knock', '7', 'knock'],
    ['public', '1', 'public'],
  ] as const)('%s in version %s becomes %s', ([rule, version, expected]) => {
    expect(supportedJoinRules({ join_rule: rule, allow: [] }, ROOM_VERSIONS[version])['join_rule']).toBe(expected);
  });
});
