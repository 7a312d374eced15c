import { defaultPushRules, MASTER_RULE_ID } from './default-rules.ts';
import { PUSH_RULE_KINDS, type HistoricalAction, type PushAction, type PushRule, type PushRuleset } from './push-rule.ts';

/**
 * What is kept of a user's push rules: their own rules, and what they changed about the predefined ones. Someone who changed nothing
 * stores nothing, and new predefined rules reach everybody.
 */
export interface StoredPushRules {
  /** Own rules by kind, the most important first. */
  readonly own: PushRuleset;
  /** Changes to predefined rules by rule id. */
  readonly changed: { readonly [ruleId: string]: DefaultRuleChange };
}

export interface DefaultRuleChange {
  readonly enabled?: boolean;
  readonly actions?: readonly (PushAction | HistoricalAction)[];
}

export function noStoredPushRules(): StoredPushRules {
  return { own: { override: [], content: [], room: [], sender: [], underride: [] }, changed: {} };
}

/**
 * The complete ruleset of a user. Own rules stand above the predefined ones of their kind, except the master rule, which stands above all.
 * Changes to predefined rules that no longer exist have no effect.
 * https://spec.matrix.org/v1.19/client-server-api/#predefined-rules
 */
export function mergePushRules(stored: StoredPushRules, userId: string): PushRuleset {
  const ruleset = defaultPushRules(userId);
  for (const kind of PUSH_RULE_KINDS) {
    const defaults = ruleset[kind].map((rule) => withChange(rule, stored.changed));
    const masters = defaults.filter((rule) => rule.rule_id === MASTER_RULE_ID);
    const others = defaults.filter((rule) => rule.rule_id !== MASTER_RULE_ID);
    ruleset[kind] = [...masters, ...stored.own[kind], ...others];
  }
  return ruleset;
}

function withChange(rule: PushRule, changed: StoredPushRules['changed']): PushRule {
  const change = Object.hasOwn(changed, rule.rule_id) ? changed[rule.rule_id] : undefined;
  if (change === undefined) return rule;
  return { ...rule, enabled: change.enabled ?? rule.enabled, actions: change.actions === undefined ? rule.actions : [...change.actions] };
}
