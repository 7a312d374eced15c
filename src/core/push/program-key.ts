import { createHash } from 'node:crypto';
import { normaliseRuleset, type RulesetOwner } from './normalise-ruleset.ts';
import type { PushRuleset } from './push-rule.ts';

/**
 * Equal keys mean programs that behave alike: they differ at most in the owner's user id and display name, which `evaluate` takes as
 * parameters. Rule ids, disabled rules and rules that cannot match do not count. 43 characters.
 */
export function programKey(ruleset: PushRuleset, owner: RulesetOwner): string {
  const rules = normaliseRuleset(ruleset, owner).map((rule) => [
    rule.kind,
    rule.target,
    rule.conditions.map((condition) => Object.entries(condition)),
    // Order matters among actions, not among the keys inside one.
    rule.actions.map((action) => (action === 'notify' ? action : [action.set_tweak, action.value ?? null])),
  ]);
  return createHash('sha256').update(JSON.stringify(rules)).digest('base64url');
}
