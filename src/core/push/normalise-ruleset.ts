import type { JsonObject, JsonValue } from '../json/json-value.ts';
import { parsePropertyPath, type PropertyPath } from '../matching/property-path.ts';
import { knownActions } from './push-outcome.ts';
import { type PushAction, PUSH_RULE_KINDS, type PushRule, type PushRuleKind, type PushRuleset } from './push-rule.ts';
import { type MemberCountTest, parseMemberCount } from './room-member-count.ts';

/** A condition with its parameters checked. `user_*` stand where a predefined rule names its owner, so that owners can share a program. */
export type NormalCondition =
  | { readonly test: 'match'; readonly path: PropertyPath; readonly pattern: string }
  | { readonly test: 'is'; readonly path: PropertyPath; readonly value: Scalar }
  | { readonly test: 'contains'; readonly path: PropertyPath; readonly value: Scalar }
  | { readonly test: 'user_is'; readonly path: PropertyPath }
  | { readonly test: 'user_in'; readonly path: PropertyPath }
  | { readonly test: 'display_name' }
  | { readonly test: 'member_count'; readonly count: MemberCountTest }
  | { readonly test: 'permission'; readonly key: string };

type Scalar = string | number | boolean | null;

/** A rule that can match, reduced to what it does. `target` is the room or sender of those two kinds. */
export interface NormalRule {
  readonly kind: PushRuleKind;
  readonly target: string | null;
  readonly conditions: readonly NormalCondition[];
  readonly actions: readonly PushAction[];
}

export interface RulesetOwner {
  readonly userId: string;
  /** When given, rules about other rooms are left out, so that rulesets that differ only elsewhere become equal. */
  readonly roomId?: string | undefined;
}

/**
 * The rules in the order in which they are tried, without those that cannot match: disabled ones, and those with a condition that is
 * not known or lacks its parameters. https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export function normaliseRuleset(ruleset: PushRuleset, owner: RulesetOwner): NormalRule[] {
  const rules: NormalRule[] = [];
  for (const kind of PUSH_RULE_KINDS) {
    for (const rule of ruleset[kind]) {
      if (!rule.enabled) continue;
      if (kind === 'room' && owner.roomId !== undefined && rule.rule_id !== owner.roomId) continue;
      const conditions = conditionsOf(kind, rule, owner.userId);
      if (conditions === null) continue;
      const target = kind === 'room' || kind === 'sender' ? rule.rule_id : null;
      rules.push({ kind, target, conditions, actions: knownActions(rule.actions) });
    }
  }
  return rules;
}

/** `null` when the rule can never match. */
function conditionsOf(kind: PushRuleKind, rule: PushRule, userId: string): NormalCondition[] | null {
  if (kind === 'room' || kind === 'sender') return [];
  if (kind === 'content') {
    return typeof rule.pattern === 'string' ? [{ test: 'match', path: ['content', 'body'], pattern: rule.pattern }] : null;
  }
  const ownerId = rule.default ? userId : null;
  const conditions: NormalCondition[] = [];
  for (const raw of rule.conditions ?? []) {
    const condition = normaliseCondition(raw, ownerId);
    if (condition === null) return null;
    conditions.push(condition);
  }
  return conditions;
}

/**
 * Checks one condition; `null` for an unknown kind and for missing or unfit parameters.
 * `ownerId`: the user id that stands for the owner of the ruleset, in predefined rules only.
 */
export function normaliseCondition(raw: JsonObject, ownerId: string | null): NormalCondition | null {
  const { kind, key, pattern, is } = raw;
  const path = typeof key === 'string' ? parsePropertyPath(key) : null;
  switch (kind) {
    case 'event_match':
      if (path === null || typeof pattern !== 'string') return null;
      return pattern === ownerId ? { test: 'user_is', path } : { test: 'match', path, pattern };
    case 'event_property_is':
      return path !== null && isScalar(raw['value']) ? { test: 'is', path, value: raw['value'] } : null;
    case 'event_property_contains':
      if (path === null || !isScalar(raw['value'])) return null;
      return raw['value'] === ownerId && ownerId !== null ? { test: 'user_in', path } : { test: 'contains', path, value: raw['value'] };
    case 'contains_display_name':
      return { test: 'display_name' };
    case 'room_member_count': {
      const count = typeof is === 'string' ? parseMemberCount(is) : null;
      return count && { test: 'member_count', count };
    }
    case 'sender_notification_permission':
      return typeof key === 'string' ? { test: 'permission', key } : null;
    default:
      return null;
  }
}

/** What `event_property_is` and `event_property_contains` can compare: canonical JSON without objects and arrays. */
function isScalar(value: JsonValue | undefined): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value);
}
