import { describe, expect, it } from 'vitest';
import { copyRoomRules } from '../../../src/core/push/copy-room-rules.ts';
import { PUSH_RULES_MAX, putPushRule } from '../../../src/core/push/edit-push-rules.ts';
import { parsePushRule } from '../../../src/core/push/parse-push-rule.ts';
import type { PushRuleKind } from '../../../src/core/push/push-rule.ts';
import { noStoredPushRules, type StoredPushRules } from '../../../src/core/push/stored-push-rules.ts';

const put = (stored: StoredPushRules, kind: PushRuleKind, ruleId: string, body: object = { actions: [] }): StoredPushRules =>
  putPushRule(stored, kind, parsePushRule(kind, ruleId, body));
const ids = (stored: StoredPushRules, kind: PushRuleKind): string[] => stored.own[kind].map(({ rule_id }) => rule_id);
const ROOMS = { from: '!old:x', to: '!new:x' };

describe('rules about a room, repeated for another', () => {
  it('are those that bear its id, with their conditions about it', () => {
    let rules = put(noStoredPushRules(), 'room', '!old:x', { actions: ['dont_notify'] });
    rules = put(rules, 'override', '!old:x', {
      actions: ['notify'],
      conditions: [
        { kind: 'event_match', key: 'room_id', pattern: '!old:x' },
        { kind: 'event_property_is', key: 'room_id', value: '!old:x' },
        { kind: 'event_match', key: 'content.body', pattern: '!old:x' },
      ],
    });
    rules = put(rules, 'room', '!other:x');
    rules = put(rules, 'sender', '!old:x');
    const copied = copyRoomRules(rules, ROOMS);
    expect(ids(copied, 'room').toSorted()).toEqual(['!new:x', '!old:x', '!other:x']);
    expect(copied.own.room.find(({ rule_id }) => rule_id === '!new:x')?.actions).toEqual(['dont_notify']);
    expect(copied.own.override.find(({ rule_id }) => rule_id === '!new:x')?.conditions).toEqual([
      { kind: 'event_match', key: 'room_id', pattern: '!new:x' },
      { kind: 'event_property_is', key: 'room_id', value: '!new:x' },
      { kind: 'event_match', key: 'content.body', pattern: '!old:x' },
    ]);
    expect(ids(copied, 'sender')).toEqual(['!old:x']);
  });

  it('leave alone what is there, and what there is no room for', () => {
    const both = put(put(noStoredPushRules(), 'room', '!old:x'), 'room', '!new:x', { actions: ['notify'] });
    expect(copyRoomRules(both, ROOMS)).toBe(both);
    const none = put(noStoredPushRules(), 'room', '!other:x');
    expect(copyRoomRules(none, ROOMS)).toBe(none);
    const full = noStoredPushRules();
    full.own.override = Array.from({ length: PUSH_RULES_MAX.override }, (_, index) =>
      parsePushRule('override', index === 0 ? '!old:x' : `r${index}`, { actions: [] }),
    );
    expect(copyRoomRules(full, ROOMS)).toBe(full);
  });
});
