import { describe, expect, test } from 'vitest';
import { MatrixError } from '../../../src/core/errors/matrix-error.ts';
import { GLOB_LENGTH_MAX } from '../../../src/core/matching/glob.ts';
import { compileRuleset, evaluate } from '../../../src/core/push/compile-ruleset.ts';
import {
  deletePushRule,
  findPushRule,
  PUSH_RULES_MAX,
  putPushRule,
  setPushRuleActions,
  setPushRuleEnabled,
} from '../../../src/core/push/edit-push-rules.ts';
import {
  PUSH_ACTIONS_MAX,
  PUSH_CONDITIONS_MAX,
  PUSH_RULE_ID_LENGTH_MAX,
  parsePushActions,
  parsePushEnabled,
  parsePushRule,
} from '../../../src/core/push/parse-push-rule.ts';
import { programKey } from '../../../src/core/push/program-key.ts';
import { PushEventView } from '../../../src/core/push/push-event-view.ts';
import { NO_PUSH, outcomeOf } from '../../../src/core/push/push-outcome.ts';
import { isPushRuleKind, type PushRuleKind } from '../../../src/core/push/push-rule.ts';
import { mergePushRules, noStoredPushRules, type StoredPushRules } from '../../../src/core/push/stored-push-rules.ts';

const ME = '@me:x';

function errcode(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof MatrixError) return error.errcode;
    throw error;
  }
  return 'none';
}

const simple = (ruleId: string, actions: unknown[] = ['notify']) => parsePushRule('override', ruleId, { actions });
const put = (stored: StoredPushRules, ruleId: string, place = {}) => putPushRule(stored, 'override', simple(ruleId), place);
const order = (stored: StoredPushRules) => stored.own.override.map((rule) => rule.rule_id).join('');
const three = put(put(put(noStoredPushRules(), 'c'), 'b'), 'a');

describe('adding rules', () => {
  test('a new rule becomes the most important own one', () => {
    expect(order(three)).toBe('abc');
  });

  test.each<[place: { before?: string; after?: string }, result: string]>([
    [{ before: 'a' }, 'xabc'],
    [{ before: 'c' }, 'abxc'],
    [{ after: 'a' }, 'axbc'],
    [{ after: 'c' }, 'abcx'],
    [{ before: 'b', after: 'c' }, 'axbc'],
  ])('%j', (place, result) => {
    expect(order(put(three, 'x', place))).toBe(result);
  });

  test('an existing rule keeps its place and whether it is enabled, and can be moved', () => {
    const disabled = setPushRuleEnabled(three, 'override', 'b', false);
    const replaced = putPushRule(disabled, 'override', simple('b', []));
    expect(order(replaced)).toBe('abc');
    expect(findPushRule(replaced.own, 'override', 'b')).toMatchObject({ enabled: false, actions: [] });
    expect(order(put(three, 'c', { before: 'a' }))).toBe('cab');
    expect(order(put(three, 'a', { after: 'c' }))).toBe('bca');
  });

  test('a neighbour must be an own rule of the kind', () => {
    expect(errcode(() => put(three, 'x', { before: 'nobody' }))).toBe('M_UNKNOWN');
    expect(errcode(() => put(three, 'x', { after: '.m.rule.master' }))).toBe('M_UNKNOWN');
  });

  test('there is a limit, which replacing does not count against', () => {
    const full: StoredPushRules = {
      ...three,
      own: { ...three.own, override: Array.from({ length: PUSH_RULES_MAX.override }, (_, index) => simple(`r${index}`)) },
    };
    expect(errcode(() => put(full, 'x'))).toBe('M_TOO_LARGE');
    expect(errcode(() => put(full, 'r5'))).toBe('none');
  });

  test('what was there stays as it was', () => {
    const before = structuredClone(three);
    put(three, 'x');
    deletePushRule(three, 'override', 'a');
    setPushRuleEnabled(three, 'override', 'a', false);
    setPushRuleActions(three, 'override', 'a', []);
    expect(three).toEqual(before);
  });
});

describe('checking rules', () => {
  test('keeps what belongs to the kind', () => {
    const body = { actions: ['notify'], pattern: 'cake', conditions: [{ kind: 'contains_display_name' }], extra: 1 };
    const base = { rule_id: 'r', default: false, enabled: true, actions: ['notify'] };
    expect(parsePushRule('content', 'r', body)).toEqual({ ...base, pattern: 'cake' });
    expect(parsePushRule('override', 'r', body)).toEqual({ ...base, conditions: [{ kind: 'contains_display_name' }] });
    expect(parsePushRule('underride', 'r', { actions: ['notify'] })).toEqual({ ...base, conditions: [] });
    expect(parsePushRule('room', 'r', body)).toEqual(base);
    expect(parsePushRule('sender', 'r', body)).toEqual(base);
  });

  test.each<[kind: PushRuleKind, ruleId: string, body: unknown, code: string]>([
    ['room', '.m.rule.mine', { actions: [] }, 'M_INVALID_PARAM'],
    ['room', 'a/b', { actions: [] }, 'M_INVALID_PARAM'],
    ['room', 'a\\b', { actions: [] }, 'M_INVALID_PARAM'],
    ['room', '', { actions: [] }, 'M_INVALID_PARAM'],
    ['room', 'a'.repeat(PUSH_RULE_ID_LENGTH_MAX + 1), { actions: [] }, 'M_INVALID_PARAM'],
    ['room', 'a'.repeat(PUSH_RULE_ID_LENGTH_MAX), { actions: [] }, 'none'],
    ['room', 'a.b', { actions: [] }, 'none'],
    ['room', 'r', 'text', 'M_BAD_JSON'],
    ['room', 'r', {}, 'M_BAD_JSON'],
    ['room', 'r', { actions: 'notify' }, 'M_BAD_JSON'],
    ['room', 'r', { actions: ['shout'] }, 'M_BAD_JSON'],
    ['room', 'r', { actions: [{}] }, 'M_BAD_JSON'],
    ['room', 'r', { actions: [{ set_tweak: 5 }] }, 'M_BAD_JSON'],
    ['room', 'r', { actions: [{ set_tweak: 'any' }] }, 'none'],
    ['room', 'r', { actions: [null] }, 'M_BAD_JSON'],
    ['room', 'r', { actions: Array(PUSH_ACTIONS_MAX + 1).fill('notify') }, 'M_BAD_JSON'],
    ['room', 'r', { actions: Array(PUSH_ACTIONS_MAX).fill('notify') }, 'none'],
    ['content', 'r', { actions: [] }, 'M_BAD_JSON'],
    ['content', 'r', { actions: [], pattern: 5 }, 'M_BAD_JSON'],
    ['content', 'r', { actions: [], pattern: 'a'.repeat(GLOB_LENGTH_MAX + 1) }, 'M_BAD_JSON'],
    ['content', 'r', { actions: [], pattern: 'a'.repeat(GLOB_LENGTH_MAX) }, 'none'],
    ['override', 'r', { actions: [], conditions: {} }, 'M_BAD_JSON'],
    ['override', 'r', { actions: [], conditions: ['x'] }, 'M_BAD_JSON'],
    ['override', 'r', { actions: [], conditions: [{ key: 'type' }] }, 'M_BAD_JSON'],
    ['override', 'r', { actions: [], conditions: [{ kind: 'event_match', key: 'type' }] }, 'M_BAD_JSON'],
    ['override', 'r', { actions: [], conditions: [{ kind: 'event_property_is', key: 'type', value: {} }] }, 'M_BAD_JSON'],
    ['override', 'r', { actions: [], conditions: [{ kind: 'event_property_contains', value: 1 }] }, 'M_BAD_JSON'],
    ['override', 'r', { actions: [], conditions: [{ kind: 'room_member_count', is: 'many' }] }, 'M_BAD_JSON'],
    ['override', 'r', { actions: [], conditions: [{ kind: 'sender_notification_permission' }] }, 'M_BAD_JSON'],
    ['override', 'r', { actions: [], conditions: [{ kind: 'org.example.unknown' }] }, 'none'],
    [
      'override',
      'r',
      { actions: [], conditions: [{ kind: 'event_match', key: 'type', pattern: 'a'.repeat(GLOB_LENGTH_MAX + 1) }] },
      'M_BAD_JSON',
    ],
    ['underride', 'r', { actions: [], conditions: Array.from({ length: PUSH_CONDITIONS_MAX + 1 }, () => ({ kind: 'x' })) }, 'M_BAD_JSON'],
    ['underride', 'r', { actions: [], conditions: Array.from({ length: PUSH_CONDITIONS_MAX }, () => ({ kind: 'x' })) }, 'none'],
  ])('%s %s %j: %s', (kind, ruleId, body, code) => {
    expect(errcode(() => parsePushRule(kind, ruleId, body))).toBe(code);
  });

  test('keeps historical actions as they were set, which do nothing', () => {
    expect(parsePushActions({ actions: ['dont_notify', 'notify', 'coalesce'] })).toEqual(['dont_notify', 'notify', 'coalesce']);
    expect(errcode(() => parsePushActions({ actions: ['shout'] }))).toBe('M_BAD_JSON');
    expect(errcode(() => parsePushActions(null))).toBe('M_BAD_JSON');
  });

  test('reads the enabled flag', () => {
    expect(parsePushEnabled({ enabled: false })).toBe(false);
    expect(parsePushEnabled({ enabled: true })).toBe(true);
    for (const body of [{ enabled: 'true' }, {}, null, 'x']) expect(errcode(() => parsePushEnabled(body))).toBe('M_BAD_JSON');
  });

  test('knows the kinds', () => {
    expect(['override', 'content', 'room', 'sender', 'underride'].every(isPushRuleKind)).toBe(true);
    expect(isPushRuleKind('device')).toBe(false);
  });
});

describe('changing and deleting rules', () => {
  test('own rules', () => {
    expect(order(deletePushRule(three, 'override', 'b'))).toBe('ac');
    expect(findPushRule(setPushRuleEnabled(three, 'override', 'b', false).own, 'override', 'b')?.enabled).toBe(false);
    const changed = setPushRuleActions(three, 'override', 'b', [{ set_tweak: 'sound', value: 'x' }]);
    expect(findPushRule(changed.own, 'override', 'b')).toMatchObject({ enabled: true, actions: [{ set_tweak: 'sound', value: 'x' }] });
    expect(findPushRule(changed.own, 'override', 'a')?.actions).toEqual(['notify']);
  });

  test('rules that do not exist', () => {
    for (const ruleId of ['z', '.m.rule.nothing']) {
      expect(errcode(() => deletePushRule(three, 'override', ruleId))).toBe('M_NOT_FOUND');
      expect(errcode(() => setPushRuleEnabled(three, 'override', ruleId, true))).toBe('M_NOT_FOUND');
      expect(errcode(() => setPushRuleActions(three, 'override', ruleId, []))).toBe('M_NOT_FOUND');
    }
    expect(errcode(() => setPushRuleEnabled(three, 'underride', '.m.rule.master', true))).toBe('M_NOT_FOUND');
    expect(errcode(() => deletePushRule(three, 'room', 'a'))).toBe('M_NOT_FOUND');
  });

  test('predefined rules can be changed but not deleted', () => {
    expect(errcode(() => deletePushRule(three, 'override', '.m.rule.master'))).toBe('M_INVALID_PARAM');
    const off = setPushRuleEnabled(noStoredPushRules(), 'underride', '.m.rule.message', false);
    const silent = setPushRuleActions(off, 'underride', '.m.rule.message', []);
    expect(silent.changed).toEqual({ '.m.rule.message': { enabled: false, actions: [] } });
    expect(findPushRule(mergePushRules(silent, ME), 'underride', '.m.rule.message')).toMatchObject({
      enabled: false,
      actions: [],
      default: true,
    });
    expect(findPushRule(mergePushRules(silent, ME), 'underride', '.m.rule.encrypted')).toMatchObject({ enabled: true });
    const on = setPushRuleEnabled(silent, 'underride', '.m.rule.message', true);
    expect(findPushRule(mergePushRules(on, ME), 'underride', '.m.rule.message')).toMatchObject({ enabled: true, actions: [] });
  });
});

describe('the complete ruleset', () => {
  test('has the master rule first, then own rules, then predefined ones', () => {
    const ids = mergePushRules(three, ME).override.map((rule) => rule.rule_id);
    expect(ids.slice(0, 5)).toEqual(['.m.rule.master', 'a', 'b', 'c', '.m.rule.suppress_notices']);
    const low = putPushRule(three, 'underride', parsePushRule('underride', 'low', { actions: [] }));
    expect(mergePushRules(low, ME).underride[0]?.rule_id).toBe('low');
  });

  test('a change to a predefined rule that is gone has no effect', () => {
    expect(mergePushRules({ ...noStoredPushRules(), changed: { '.m.rule.gone': { enabled: false } } }, ME)).toEqual(
      mergePushRules(noStoredPushRules(), ME),
    );
  });
});

describe('the order of kinds', () => {
  const sound = (value: string) => ({ actions: ['notify', { set_tweak: 'sound', value }] });
  const event = new PushEventView({ type: 'm.room.message', sender: '@you:x', room_id: '!r:x', content: { body: 'cake' } });
  const rules: [PushRuleKind, string, object][] = [
    ['override', 'o', {}],
    ['content', 'c', { pattern: 'cake' }],
    ['room', '!r:x', {}],
    ['sender', '@you:x', {}],
    ['underride', 'u', {}],
  ];
  const run = (stored: StoredPushRules) =>
    evaluate(compileRuleset(mergePushRules(stored, ME), { userId: ME }), {
      event,
      userId: ME,
      displayName: null,
      roomMemberCount: 5,
      senderPower: 0,
      notificationsPower: () => 50,
    });
  const add = (stored: StoredPushRules, [kind, ruleId, more]: [PushRuleKind, string, object]) =>
    putPushRule(stored, kind, parsePushRule(kind, ruleId, { ...sound(kind), ...more }));

  test.each(rules.map(([kind], index) => [kind, index] as const))('%s comes before the kinds after it', (kind, index) => {
    expect(run(rules.slice(index).reduce(add, noStoredPushRules())).sound).toBe(kind);
  });

  test('rules about other rooms and senders, other words, and disabled rules do not match', () => {
    const others = [
      ['content', 'c', { pattern: 'pie' }],
      ['room', '!other:x', {}],
      ['sender', '@other:x', {}],
    ] as [PushRuleKind, string, object][];
    expect(run(others.reduce(add, noStoredPushRules())).sound).toBeUndefined();
    const disabled = rules.reduce((stored, rule) => setPushRuleEnabled(add(stored, rule), rule[0], rule[1], false), noStoredPushRules());
    expect(run(disabled)).toEqual(run(noStoredPushRules()));
  });

  test('the master rule silences everything, own overrides too', () => {
    const stored = rules.reduce(add, noStoredPushRules());
    expect(run(setPushRuleEnabled(stored, 'override', '.m.rule.master', true))).toEqual(NO_PUSH);
  });

  test('nothing matching is no push', () => {
    expect(run(setPushRuleEnabled(noStoredPushRules(), 'underride', '.m.rule.message', false))).toEqual(NO_PUSH);
  });
});

describe('outcomes', () => {
  test.each<[actions: unknown[], notify: boolean, highlight: boolean, sound: string | undefined]>([
    [[], false, false, undefined],
    [['notify'], true, false, undefined],
    [['dont_notify'], false, false, undefined],
    [['coalesce', 'notify'], true, false, undefined],
    [['notify', { set_tweak: 'highlight' }], true, true, undefined],
    [['notify', { set_tweak: 'highlight', value: true }], true, true, undefined],
    [['notify', { set_tweak: 'highlight', value: false }], true, false, undefined],
    [[{ set_tweak: 'highlight' }], false, false, undefined],
    [['notify', { set_tweak: 'sound', value: 'ring' }], true, false, 'ring'],
    [['notify', { set_tweak: 'sound', value: 5 }], true, false, undefined],
    [['notify', { set_tweak: 'sound', value: 'a' }, { set_tweak: 'sound', value: 'b' }], true, false, 'b'],
    [[{ set_tweak: 'sound', value: 'ring' }], false, false, undefined],
  ])('%j', (actions, notify, highlight, sound) => {
    expect(outcomeOf(actions as string[])).toMatchObject({ notify, highlight, sound });
  });

  test('carry all tweaks', () => {
    expect(outcomeOf(['notify', { set_tweak: 'flash', value: 3 }, { set_tweak: 'highlight' }, { set_tweak: 'bare' }]).tweaks).toEqual({
      flash: 3,
      highlight: true,
      bare: null,
    });
  });
});

describe('the key of a program', () => {
  const key = (stored: StoredPushRules, userId = ME, roomId?: string) => programKey(mergePushRules(stored, userId), { userId, roomId });
  const none = noStoredPushRules();
  const content = (ruleId: string, pattern: string) =>
    putPushRule(none, 'content', parsePushRule('content', ruleId, { actions: ['notify'], pattern }));
  const room = (roomId: string) => putPushRule(none, 'room', parsePushRule('room', roomId, { actions: [] }));

  test('is the same for users who changed nothing', () => {
    expect(key(none, '@a:x')).toBe(key(none, '@b:y'));
    expect(key(none)).toMatch(/^[\w-]{43}$/);
  });

  test('does not depend on rule ids, disabled rules and rules that cannot match', () => {
    expect(key(content('one', 'cake'))).toBe(key(content('two', 'cake')));
    expect(key(setPushRuleEnabled(three, 'override', 'a', false))).toBe(key(deletePushRule(three, 'override', 'a')));
    const unknown = putPushRule(none, 'override', parsePushRule('override', 'x', { actions: [], conditions: [{ kind: 'unknown' }] }));
    expect(key(unknown)).toBe(key(none));
  });

  test('depends on words, actions, order and switched rules', () => {
    const keys = [
      none,
      content('a', 'cake'),
      content('a', 'pie'),
      room('!r:x'),
      room('!s:x'),
      put(none, 'x'),
      putPushRule(none, 'override', simple('x', [])),
      putPushRule(none, 'override', simple('x', [{ set_tweak: 'sound', value: 'a' }])),
      putPushRule(none, 'override', simple('x', [{ set_tweak: 'sound', value: 'b' }])),
      setPushRuleEnabled(none, 'underride', '.m.rule.message', false),
      setPushRuleEnabled(none, 'override', '.m.rule.is_user_mention', false),
      putPushRule(none, 'override', parsePushRule('override', 'x', { actions: [], conditions: [{ kind: 'room_member_count', is: '<3' }] })),
      putPushRule(none, 'override', parsePushRule('override', 'x', { actions: [], conditions: [{ kind: 'room_member_count', is: '<4' }] })),
    ].map((stored) => key(stored));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('for one room leaves the rules about others out', () => {
    expect(key(room('!s:x'), ME, '!r:x')).toBe(key(none, ME, '!r:x'));
    expect(key(room('!r:x'), ME, '!r:x')).not.toBe(key(none, ME, '!r:x'));
  });

  test('keeps an own rule about a user id apart from the predefined ones', () => {
    const about = (user: string) =>
      putPushRule(
        none,
        'override',
        parsePushRule('override', 'x', { actions: [], conditions: [{ kind: 'event_match', key: 'state_key', pattern: user }] }),
      );
    expect(key(about('@a:x'), '@a:x')).not.toBe(key(about('@b:x'), '@b:x'));
  });
});

test('a display name condition is reported, so that programs with it are run per user', () => {
  const stored = putPushRule(
    noStoredPushRules(),
    'override',
    parsePushRule('override', 'x', { actions: ['notify'], conditions: [{ kind: 'contains_display_name' }] }),
  );
  expect(compileRuleset(mergePushRules(stored, ME), { userId: ME }).usesDisplayName).toBe(true);
});
