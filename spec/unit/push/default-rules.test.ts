import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json/json-value.ts';
import { compileRuleset, evaluate } from '../../../src/core/push/compile-ruleset.ts';
import type { PushContext } from '../../../src/core/push/compile-condition.ts';
import { defaultPushRules } from '../../../src/core/push/default-rules.ts';
import { namedUsers } from '../../../src/core/push/named-users.ts';
import { PushEventView, pushEventViewOf } from '../../../src/core/push/push-event-view.ts';
import type { RoomEvent } from '../../../src/core/events/room-event.ts';

const ME = '@me:x';
const program = compileRuleset(defaultPushRules(ME), { userId: ME });

/** What the predefined rules say, in short: nothing, `notify`, a sound, and `!` for a highlight. */
function outcome(event: JsonObject, more: Partial<PushContext> = {}): string {
  const result = evaluate(program, {
    event: new PushEventView({ sender: '@you:x', room_id: '!r:x', content: {}, ...event }),
    userId: ME,
    displayName: 'Me',
    roomMemberCount: 3,
    senderPower: 0,
    notificationsPower: () => 50,
    ...more,
  });
  return `${result.notify ? (result.sound ?? 'notify') : ''}${result.highlight ? '!' : ''}`;
}

const message = (content: JsonObject): JsonObject => ({ type: 'm.room.message', content: { msgtype: 'm.text', body: 'me', ...content } });
const invite = (user: string): JsonObject => ({ type: 'm.room.member', state_key: user, content: { membership: 'invite' } });

describe('the predefined rules', () => {
  test.each<[what: string, event: JsonObject, more: Partial<PushContext>, expected: string]>([
    ['a message', message({}), {}, 'notify'],
    ['a message between two', message({}), { roomMemberCount: 2 }, 'default'],
    ['a message of mine', { ...message({}), sender: ME }, {}, ''],
    ['an encrypted event', { type: 'm.room.encrypted' }, {}, 'notify'],
    ['an encrypted event between two', { type: 'm.room.encrypted' }, { roomMemberCount: 2 }, 'default'],
    ['a notice', message({ msgtype: 'm.notice' }), {}, ''],
    ['a call', { type: 'm.call.invite' }, {}, 'ring'],
    ['an invite for me', invite(ME), {}, 'default'],
    ['an invite for somebody else', invite('@you:x'), {}, ''],
    ['a join', { type: 'm.room.member', state_key: '@you:x', content: { membership: 'join' } }, {}, ''],
    ['my name in the text', message({ body: 'Me @me:x me' }), {}, 'notify'],
    ['a mention of me', message({ 'm.mentions': { user_ids: [ME] } }), {}, 'default!'],
    ['a mention of somebody else', message({ 'm.mentions': { user_ids: ['@you:x'] } }), {}, 'notify'],
    ['a mention in a notice', message({ msgtype: 'm.notice', 'm.mentions': { user_ids: [ME] } }), {}, ''],
    ['a mention of the room with power', message({ 'm.mentions': { room: true } }), { senderPower: 50 }, 'notify!'],
    ['a mention of the room without power', message({ 'm.mentions': { room: true } }), { senderPower: 49 }, 'notify'],
    ['a mention of the room that is no flag', message({ 'm.mentions': { room: 'true' } }), { senderPower: 50 }, 'notify'],
    ['a tombstone', { type: 'm.room.tombstone', state_key: '' }, {}, 'notify!'],
    ['a tombstone that is not state', { type: 'm.room.tombstone' }, {}, ''],
    ['a reaction', { type: 'm.reaction' }, { roomMemberCount: 2 }, ''],
    ['server ACLs', { type: 'm.room.server_acl', state_key: '' }, {}, ''],
    ['an edit', message({ 'm.relates_to': { rel_type: 'm.replace' } }), {}, ''],
    ['an edit that mentions me', message({ 'm.relates_to': { rel_type: 'm.replace' }, 'm.mentions': { user_ids: [ME] } }), {}, 'default!'],
    ['a thread', message({ 'm.relates_to': { rel_type: 'm.thread' } }), {}, 'notify'],
    ['some other state', { type: 'm.room.topic', state_key: '' }, {}, ''],
  ])('%s', (_what, event, more, expected) => {
    expect(outcome(event, more)).toBe(expected);
  });

  test('are those of the specification, in its order', () => {
    const { override, content, room, sender, underride } = defaultPushRules(ME);
    expect(override.map((rule) => rule.rule_id)).toEqual([
      '.m.rule.master',
      '.m.rule.suppress_notices',
      '.m.rule.invite_for_me',
      '.m.rule.member_event',
      '.m.rule.is_user_mention',
      '.m.rule.is_room_mention',
      '.m.rule.tombstone',
      '.m.rule.reaction',
      '.m.rule.room.server_acl',
      '.m.rule.suppress_edits',
    ]);
    expect(underride.map((rule) => rule.rule_id)).toEqual([
      '.m.rule.call',
      '.m.rule.encrypted_room_one_to_one',
      '.m.rule.room_one_to_one',
      '.m.rule.message',
      '.m.rule.encrypted',
    ]);
    expect([content, room, sender]).toEqual([[], [], []]);
    const rules = [...override, ...underride];
    expect(rules.filter((rule) => !rule.enabled).map((rule) => rule.rule_id)).toEqual(['.m.rule.master']);
    expect(rules.every((rule) => rule.default)).toBe(true);
    expect(override[2]).toEqual({
      rule_id: '.m.rule.invite_for_me',
      default: true,
      enabled: true,
      conditions: [
        { key: 'type', kind: 'event_match', pattern: 'm.room.member' },
        { key: 'content.membership', kind: 'event_match', pattern: 'invite' },
        { key: 'state_key', kind: 'event_match', pattern: ME },
      ],
      actions: ['notify', { set_tweak: 'sound', value: 'default' }],
    });
    expect(override[4]?.conditions).toEqual([{ kind: 'event_property_contains', key: 'content.m\\.mentions.user_ids', value: ME }]);
  });
});

describe('one program for many users', () => {
  test('gives each their own result by the user id', () => {
    const mention = message({ 'm.mentions': { user_ids: ['@other:x', 5] } });
    expect(outcome(mention)).toBe('notify');
    expect(outcome(mention, { userId: '@other:x' })).toBe('default!');
    expect(outcome(invite('@other:x'), { userId: '@other:x' })).toBe('default');
    expect(outcome(mention, { userId: null })).toBe('notify');
    expect(outcome(invite('@other:x'), { userId: null })).toBe('');
    expect(outcome({ ...message({}), sender: '@other:x' }, { userId: '@other:x' })).toBe('');
  });

  test('names the users for whom it can differ', () => {
    const named = (event: JsonObject): string[] => [...namedUsers(program, new PushEventView({ sender: '@you:x', ...event }))].sort();
    expect(named(message({}))).toEqual(['@you:x']);
    expect(named(message({ 'm.mentions': { user_ids: ['@b:x', 7, '@a:x'] } }))).toEqual(['@a:x', '@b:x', '@you:x']);
    expect(named(invite('@c:x'))).toEqual(['@c:x', '@you:x']);
    expect([...namedUsers(program, new PushEventView({ type: 'x' }))]).toEqual([]);
  });

  test('does not use display names', () => {
    expect(program.usesDisplayName).toBe(false);
  });
});

test('a stored event is seen in the client format', () => {
  const event = {
    eventId: '$e',
    roomId: '!r:x',
    type: 'm.room.redaction',
    stateKey: undefined,
    sender: '@you:x',
    content: { body: 'b' },
    originServerTs: 5,
    redacts: '$t',
  } as unknown as RoomEvent;
  const view = pushEventViewOf(event);
  expect(view.event).toEqual({
    event_id: '$e',
    room_id: '!r:x',
    type: 'm.room.redaction',
    sender: '@you:x',
    content: { body: 'b' },
    origin_server_ts: 5,
    redacts: '$t',
  });
  expect(pushEventViewOf({ ...event, stateKey: '', redacts: undefined }).event).toMatchObject({ state_key: '' });
  expect(pushEventViewOf({ ...event, redacts: undefined }).event).not.toHaveProperty('redacts');
});
