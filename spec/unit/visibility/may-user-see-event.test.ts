import { describe, expect, test } from 'vitest';
import { type HistoryVisibility, historyVisibilityOf, type Membership } from '../../../src/core/visibility/history-visibility.ts';
import { mayServerSeeEvent } from '../../../src/core/visibility/may-server-see-event.ts';
import { mayUserSeeEvent, type VisibilityEvent } from '../../../src/core/visibility/may-user-see-event.ts';

const ME = '@me:x';
const MESSAGE: VisibilityEvent = { type: 'm.room.message', stateKey: undefined, content: {} };
const visibilityChange = (to: unknown): VisibilityEvent => ({
  type: 'm.room.history_visibility',
  stateKey: '',
  content: { history_visibility: to as string },
});
const membershipChange = (to: string, user = ME): VisibilityEvent => ({
  type: 'm.room.member',
  stateKey: user,
  content: { membership: to },
});

function see(event: VisibilityEvent, visibility: HistoryVisibility, membership: Membership, joinedLater = false): boolean {
  return mayUserSeeEvent({ event, userId: ME, visibilityAtEvent: visibility, membershipAtEvent: membership, joinedLater });
}

describe('a message', () => {
  test.each<[HistoryVisibility, Membership, joinedLater: boolean, visible: boolean]>([
    ['world_readable', undefined, false, true],
    ['world_readable', 'ban', false, true],
    ['world_readable', 'join', true, true],
    ['shared', undefined, false, false],
    ['shared', undefined, true, true],
    ['shared', 'leave', false, false],
    ['shared', 'leave', true, true],
    ['shared', 'ban', true, true],
    ['shared', 'invite', false, false],
    ['shared', 'join', false, true],
    ['invited', undefined, true, false],
    ['invited', 'invite', false, true],
    ['invited', 'invite', true, true],
    ['invited', 'join', false, true],
    ['invited', 'knock', true, false],
    ['invited', 'leave', true, false],
    ['invited', 'ban', true, false],
    ['joined', undefined, true, false],
    ['joined', 'invite', true, false],
    ['joined', 'leave', true, false],
    ['joined', 'join', false, true],
  ])('under %s for a user with membership %s, joined later %s: %s', (visibility, membership, joinedLater, visible) => {
    expect(see(MESSAGE, visibility, membership, joinedLater)).toBe(visible);
  });
});

describe('a change of the setting', () => {
  test('is visible to those who may see one of its sides', () => {
    expect(see(visibilityChange('joined'), 'world_readable', undefined)).toBe(true);
    expect(see(visibilityChange('world_readable'), 'joined', undefined)).toBe(true);
    expect(see(visibilityChange('shared'), 'joined', 'leave', true)).toBe(true);
    expect(see(visibilityChange('invited'), 'joined', 'invite')).toBe(true);
    expect(see(visibilityChange('joined'), 'invited', undefined, true)).toBe(false);
  });

  test('counts an unknown new value as shared', () => {
    expect(see(visibilityChange('whatever'), 'joined', undefined, true)).toBe(true);
    expect(see(visibilityChange('whatever'), 'joined', undefined, false)).toBe(false);
  });

  test('is meant only with an empty state key', () => {
    expect(see({ ...visibilityChange('world_readable'), stateKey: 'x' }, 'joined', undefined)).toBe(false);
    expect(see({ ...visibilityChange('world_readable'), stateKey: undefined }, 'joined', undefined)).toBe(false);
    expect(see({ ...visibilityChange('world_readable'), type: 'm.room.other' }, 'joined', undefined)).toBe(false);
  });
});

describe("a change of the user's membership", () => {
  test('is visible with one of its sides', () => {
    expect(see(membershipChange('join'), 'joined', undefined)).toBe(true);
    expect(see(membershipChange('leave'), 'joined', 'join')).toBe(true);
    expect(see(membershipChange('ban'), 'joined', 'join')).toBe(true);
    expect(see(membershipChange('invite'), 'invited', undefined)).toBe(true);
    expect(see(membershipChange('leave'), 'invited', 'invite')).toBe(true);
    expect(see(membershipChange('invite'), 'joined', undefined)).toBe(false);
    expect(see(membershipChange('leave'), 'joined', 'ban')).toBe(false);
    expect(see({ ...membershipChange('join'), content: {} }, 'joined', undefined)).toBe(false);
  });

  test('of somebody else says nothing about the user', () => {
    expect(see(membershipChange('join', '@you:x'), 'joined', undefined)).toBe(false);
    expect(see({ ...membershipChange('join'), type: 'm.other' }, 'joined', undefined)).toBe(false);
  });
});

describe('a server', () => {
  function serverSees(event: VisibilityEvent, visibility: HistoryVisibility, memberships: Membership[], joinedLater = false): boolean {
    return mayServerSeeEvent({
      event,
      isUserOfServer: (user) => user.endsWith(':x'),
      visibilityAtEvent: visibility,
      membershipsAtEvent: memberships,
      joinedLater,
    });
  }

  test('sees what one of its users may see', () => {
    expect(serverSees(MESSAGE, 'joined', ['leave', 'join'])).toBe(true);
    expect(serverSees(MESSAGE, 'joined', ['leave', 'invite'])).toBe(false);
    expect(serverSees(MESSAGE, 'invited', ['invite'])).toBe(true);
    expect(serverSees(MESSAGE, 'invited', [], true)).toBe(false);
    expect(serverSees(MESSAGE, 'shared', [], true)).toBe(true);
    expect(serverSees(MESSAGE, 'shared', ['leave'], false)).toBe(false);
    expect(serverSees(MESSAGE, 'world_readable', [])).toBe(true);
  });

  test('sees both sides of a change of the setting, and of the membership of its own users', () => {
    expect(serverSees(visibilityChange('world_readable'), 'joined', [])).toBe(true);
    expect(serverSees(visibilityChange('joined'), 'world_readable', [])).toBe(true);
    expect(serverSees(membershipChange('join'), 'joined', [])).toBe(true);
    expect(serverSees(membershipChange('join', '@you:y'), 'joined', [])).toBe(false);
    expect(serverSees({ ...membershipChange('join'), type: 'm.other' }, 'joined', [])).toBe(false);
    expect(serverSees({ ...membershipChange('join'), content: {} }, 'joined', [])).toBe(false);
  });
});

test('the setting is shared when it is missing or not understood', () => {
  expect(historyVisibilityOf(undefined)).toBe('shared');
  expect(historyVisibilityOf({})).toBe('shared');
  expect(historyVisibilityOf({ history_visibility: 7 })).toBe('shared');
  expect(historyVisibilityOf({ history_visibility: 'secret' })).toBe('shared');
  for (const value of ['world_readable', 'shared', 'invited', 'joined'])
    expect(historyVisibilityOf({ history_visibility: value })).toBe(value);
});
