import { sha256 } from '../crypto/sha256.ts';
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
  return sha256(JSON.stringify(rules)).toString('base64url');
}
