import { PUSH_RULES_MAX, putPushRule } from './edit-push-rules.ts';
import type { PushCondition, PushRule, PushRuleKind } from './push-rule.ts';
import type { StoredPushRules } from './stored-push-rules.ts';

/** Where rules are named after the room that they are about: `room` rules are, and clients mute rooms with `override` rules. */
const KINDS: readonly PushRuleKind[] = ['override', 'room'];

/**
 * The rules with those about one room repeated for another, as when a room was upgraded. What the user has set for the other room stays.
 * The same object when there is nothing to repeat.
 */
export function copyRoomRules(stored: StoredPushRules, { from, to }: { from: string; to: string }): StoredPushRules {
  let rules = stored;
  for (const kind of KINDS) {
    const own = rules.own[kind];
    const rule = own.find(({ rule_id }) => rule_id === from);
    if (rule === undefined || own.length >= PUSH_RULES_MAX[kind] || own.some(({ rule_id }) => rule_id === to)) continue;
    rules = putPushRule(rules, kind, aboutRoom(rule, from, to));
  }
  return rules;
}

function aboutRoom(rule: PushRule, from: string, to: string): PushRule {
  const copy: PushRule = { ...rule, rule_id: to };
  if (rule.conditions !== undefined)
    copy.conditions = (rule.conditions as PushCondition[]).map((condition) => conditionAbout(condition, from, to));
  return copy;
}

function conditionAbout(condition: PushCondition, from: string, to: string): PushCondition {
  if (condition['key'] !== 'room_id') return condition;
  const named = (value: unknown): boolean => value === from;
  return {
    ...condition,
    ...(named(condition['pattern']) ? { pattern: to } : {}),
    ...(named(condition['value']) ? { value: to } : {}),
  };
}
