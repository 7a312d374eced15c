import { describe, expect, test } from 'vitest';
import { compileRuleset, evaluate } from '../../../src/core/push/compile-ruleset.ts';
import type { PushContext } from '../../../src/core/push/compile-condition.ts';
import { PushEventView } from '../../../src/core/push/push-event-view.ts';
import type { PushCondition } from '../../../src/core/push/push-rule.ts';
import { noStoredPushRules } from '../../../src/core/push/stored-push-rules.ts';
import type { JsonObject } from '../../../src/core/json/json-value.ts';

const ME = '@me:x';

/** Whether an override rule with these conditions matches. */
function matches(conditions: JsonObject[], event: JsonObject, more: Partial<PushContext> = {}): boolean {
  const ruleset = noStoredPushRules().own;
  ruleset.override.push({ rule_id: 'r', default: false, enabled: true, actions: ['notify'], conditions: conditions as PushCondition[] });
  return evaluate(compileRuleset(ruleset, { userId: ME }), {
    event: new PushEventView({ type: 'm.room.message', sender: '@you:x', room_id: '!r:x', content: {}, ...event }),
    userId: ME,
    displayName: null,
    roomMemberCount: 3,
    senderPower: 0,
    notificationsPower: () => 50,
    ...more,
  }).notify;
}

test('a rule without conditions always matches, one with several when all hold', () => {
  const type = { kind: 'event_match', key: 'type', pattern: 'm.room.message' };
  const body = { kind: 'event_match', key: 'content.body', pattern: 'cake' };
  expect(matches([], {})).toBe(true);
  expect(matches([type, body], { content: { body: 'cake' } })).toBe(true);
  expect(matches([type, body], { content: { body: 'pie' } })).toBe(false);
  expect(matches([body, type], { type: 'other', content: { body: 'cake' } })).toBe(false);
});

describe('event_match', () => {
  test.each<[key: string, pattern: unknown, event: JsonObject, expected: boolean]>([
    ['type', 'm.room.message', {}, true],
    ['type', 'M.ROOM.MESSAGE', {}, true],
    ['type', 'm.room.*', {}, true],
    ['type', 'm.room', {}, false],
    ['content.topic', 'lunc?*', { content: { topic: 'Lunch plans' } }, true],
    ['content.topic', 'lunc?*', { content: { topic: 'LUNCH' } }, true],
    ['content.topic', 'lunc?*', { content: { topic: ' lunch' } }, false],
    ['content.topic', 'lunc?*', { content: { topic: 'lunc' } }, false],
    ['content.topic', '*', { content: { topic: null } }, false],
    ['content.topic', '*', { content: {} }, false],
    ['content.topic', '*', { content: { topic: 5 } }, false],
    ['content.topic', 'plans', { content: { topic: 'Lunch plans' } }, false],
    ['content.body', 'plans', { content: { body: 'Lunch PLANS!' } }, true],
    ['content.body', 'plan', { content: { body: 'Lunch plans' } }, false],
    ['content.body', 'ex*ple', { content: { body: 'An exciting triple-whammy' } }, true],
    ['content.body.more', 'word', { content: { body: { more: 'a word' } } }, false],
    ['body', 'word', { body: 'a word' }, false],
    ['content.m\\.x', 'a', { content: { 'm.x': 'a' } }, true],
    ['content.m.x', 'a', { content: { 'm.x': 'a' } }, false],
    ['state_key', '', { state_key: '' }, true],
    ['state_key', '', {}, false],
    ['type', undefined, {}, false],
    ['type', 7, {}, false],
  ])('%s against %j in %j: %j', (key, pattern, event, expected) => {
    expect(matches([{ kind: 'event_match', key, pattern: pattern as string }], event)).toBe(expected);
  });

  test('needs a key', () => {
    expect(matches([{ kind: 'event_match', pattern: '*' }], {})).toBe(false);
  });
});

describe('event_property_is', () => {
  test.each<[value: unknown, actual: unknown, expected: boolean]>([
    [true, true, true],
    [true, 'true', false],
    [true, 1, false],
    [false, false, true],
    [null, null, true],
    [null, undefined, false],
    [5, 5, true],
    [5, 6, false],
    ['a', 'a', true],
    ['a', 'A', false],
    ['a*', 'ab', false],
    [[], [], false],
    [{}, {}, false],
    [1.5, 1.5, false],
    [undefined, undefined, false],
  ])('%j against %j: %j', (value, actual, expected) => {
    const content = actual === undefined ? {} : { 'm.federate': actual as string };
    expect(matches([{ kind: 'event_property_is', key: 'content.m\\.federate', value: value as string }], { content })).toBe(expected);
  });

  test('needs a key', () => {
    expect(matches([{ kind: 'event_property_is', value: null }], {})).toBe(false);
  });
});

describe('event_property_contains', () => {
  test.each<[value: unknown, actual: unknown, expected: boolean]>([
    ['#a:x', ['#b:x', '#a:x'], true],
    [':x', ['#a:x'], false],
    ['#a:x', '#a:x', false],
    ['#a:x', [], false],
    ['#a:x', undefined, false],
    ['#a:x', { 0: '#a:x' }, false],
    [1, [1], true],
    [1, ['1'], false],
    [null, [null], true],
    [true, [{}, true], true],
    [{}, [{}], false],
  ])('%j in %j: %j', (value, actual, expected) => {
    const content = actual === undefined ? {} : { list: actual as string };
    expect(matches([{ kind: 'event_property_contains', key: 'content.list', value: value as string }], { content })).toBe(expected);
  });

  test('needs a key', () => {
    expect(matches([{ kind: 'event_property_contains', value: 'a' }], {})).toBe(false);
  });
});

describe('contains_display_name', () => {
  const condition = [{ kind: 'contains_display_name' }];
  test.each<[body: unknown, displayName: string | null, expected: boolean]>([
    ['hello Alice!', 'alice', true],
    ['hello alice m. you', 'Alice M.', true],
    ['hello alicette', 'Alice', false],
    ['malice', 'Alice', false],
    ['hello', null, false],
    ['hello', '', false],
    ['a b', 'a*', false],
    ['call me a* please', 'a*', true],
    [5, 'Alice', false],
  ])('%j with the name %j: %j', (body, displayName, expected) => {
    expect(matches(condition, { content: { body: body as string } }, { displayName })).toBe(expected);
  });
});

describe('room_member_count', () => {
  test.each<[is: unknown, members: number, expected: boolean]>([
    ['2', 2, true],
    ['2', 3, false],
    ['==2', 2, true],
    ['==2', 1, false],
    ['<10', 9, true],
    ['<10', 10, false],
    ['>10', 11, true],
    ['>10', 10, false],
    ['<=10', 10, true],
    ['<=10', 11, false],
    ['>=10', 10, true],
    ['>=10', 9, false],
    ['=2', 2, false],
    ['!=2', 3, false],
    ['two', 2, false],
    [' 2', 2, false],
    ['2 ', 2, false],
    ['', 0, false],
    ['>', 1, false],
    [2, 2, false],
    [undefined, 2, false],
  ])('%j with %i members: %j', (is, members, expected) => {
    expect(matches([{ kind: 'room_member_count', is: is as string }], {}, { roomMemberCount: members })).toBe(expected);
  });
});

describe('sender_notification_permission', () => {
  const level = (key: string): number => (key === 'room' ? 50 : 20);
  test.each<[key: unknown, power: number, expected: boolean]>([
    ['room', 50, true],
    ['room', 49, false],
    ['room', Number.POSITIVE_INFINITY, true],
    ['other', 20, true],
    ['other', 19, false],
    [undefined, 100, false],
  ])('%j with power %j: %j', (key, senderPower, expected) => {
    const conditions = [{ kind: 'sender_notification_permission', key: key as string }];
    expect(matches(conditions, {}, { senderPower, notificationsPower: level })).toBe(expected);
  });
});

test('conditions that nobody knows never match', () => {
  expect(matches([{ kind: 'org.example.moon_phase' }], {})).toBe(false);
  expect(matches([{}], {})).toBe(false);
});
