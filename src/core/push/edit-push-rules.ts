import { MatrixError } from '../errors/matrix-error.ts';
import { defaultPushRules } from './default-rules.ts';
import { type HistoricalAction, type PushAction, type PushRule, type PushRuleKind, type PushRuleset } from './push-rule.ts';
import type { DefaultRuleChange, StoredPushRules } from './stored-push-rules.ts';

/** Own rules of one kind. Room and sender rules are looked up by id; the others are tried one by one for every event. */
export const PUSH_RULES_MAX: { readonly [Kind in PushRuleKind]: number } = {
  override: 1000,
  content: 1000,
  room: 10_000,
  sender: 10_000,
  underride: 1000,
};

/** Where a rule goes among the user's own rules; `before` wins when both are given. */
export interface PushRulePlace {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** One rule of a complete ruleset, `null` when there is none (M_NOT_FOUND to the client). */
export function findPushRule(ruleset: PushRuleset, kind: PushRuleKind, ruleId: string): PushRule | null {
  return ruleset[kind].find((rule) => rule.rule_id === ruleId) ?? null;
}

/**
 * Adds a rule or replaces the own rule with its id. A new rule becomes the most important own rule of its kind, a replaced one keeps
 * its place and whether it is enabled, unless a place is given. Throws M_UNKNOWN (400) when the neighbour does not exist among the own rules.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid
 */
export function putPushRule(stored: StoredPushRules, kind: PushRuleKind, rule: PushRule, place: PushRulePlace = {}): StoredPushRules {
  const rules = stored.own[kind];
  const index = rules.findIndex(({ rule_id }) => rule_id === rule.rule_id);
  const previous = rules[index];
  if (previous === undefined && rules.length >= PUSH_RULES_MAX[kind]) {
    throw new MatrixError('M_TOO_LARGE', `There can be at most ${PUSH_RULES_MAX[kind]} ${kind} rules`);
  }
  const placed: PushRule = { ...rule, enabled: previous?.enabled ?? rule.enabled };
  const others = rules.filter(({ rule_id }) => rule_id !== rule.rule_id);
  const at = placeAmong(others, place) ?? Math.max(index, 0);
  return withOwn(stored, kind, others.toSpliced(at, 0, placed));
}

/** Throws M_NOT_FOUND when there is no such rule, M_INVALID_PARAM for a predefined one. */
export function deletePushRule(stored: StoredPushRules, kind: PushRuleKind, ruleId: string): StoredPushRules {
  if (isDefault(kind, ruleId)) throw new MatrixError('M_INVALID_PARAM', 'A predefined push rule cannot be deleted');
  const rest = stored.own[kind].filter((rule) => rule.rule_id !== ruleId);
  if (rest.length === stored.own[kind].length) throw notFound();
  return withOwn(stored, kind, rest);
}

/** Enables or disables an own or a predefined rule. Throws M_NOT_FOUND. */
export function setPushRuleEnabled(stored: StoredPushRules, kind: PushRuleKind, ruleId: string, enabled: boolean): StoredPushRules {
  return changeRule(stored, kind, ruleId, { enabled });
}

/** Changes the actions of an own or a predefined rule. Throws M_NOT_FOUND. */
export function setPushRuleActions(
  stored: StoredPushRules,
  kind: PushRuleKind,
  ruleId: string,
  actions: readonly (PushAction | HistoricalAction)[],
): StoredPushRules {
  return changeRule(stored, kind, ruleId, { actions });
}

function changeRule(stored: StoredPushRules, kind: PushRuleKind, ruleId: string, change: DefaultRuleChange): StoredPushRules {
  if (isDefault(kind, ruleId)) {
    return { ...stored, changed: { ...stored.changed, [ruleId]: { ...stored.changed[ruleId], ...change } } };
  }
  const rules = stored.own[kind];
  if (!rules.some((rule) => rule.rule_id === ruleId)) throw notFound();
  const changed = rules.map((rule) =>
    rule.rule_id !== ruleId
      ? rule
      : { ...rule, enabled: change.enabled ?? rule.enabled, actions: change.actions === undefined ? rule.actions : [...change.actions] },
  );
  return withOwn(stored, kind, changed);
}

/** `undefined` when no place was asked for. */
function placeAmong(rules: readonly PushRule[], place: PushRulePlace): number | undefined {
  const neighbour = place.before ?? place.after;
  if (neighbour === undefined) return undefined;
  const index = rules.findIndex((rule) => rule.rule_id === neighbour);
  if (index === -1) throw new MatrixError('M_UNKNOWN', `before/after rule not found: ${neighbour}`);
  return place.before === undefined ? index + 1 : index;
}

function isDefault(kind: PushRuleKind, ruleId: string): boolean {
  return ruleId.startsWith('.') && findPushRule(defaultPushRules(''), kind, ruleId) !== null;
}

function withOwn(stored: StoredPushRules, kind: PushRuleKind, rules: PushRule[]): StoredPushRules {
  return { ...stored, own: { ...stored.own, [kind]: rules } };
}

function notFound(): MatrixError {
  return new MatrixError('M_NOT_FOUND', 'The push rule was not found.');
}
