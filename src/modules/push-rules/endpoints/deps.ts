import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { UserId } from '../../../core/ids/brands.ts';
import { findPushRule } from '../../../core/push/edit-push-rules.ts';
import { isPushRuleKind, type PushRule, type PushRuleKind, type PushRuleset } from '../../../core/push/push-rule.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { UserRules } from '../user-rules.ts';

export interface PushRulesDeps {
  readonly rules: UserRules;
  readonly rulesetOf: (userId: UserId) => Promise<PushRuleset>;
}

export const defineEndpoint = endpointFactory<PushRulesDeps>();

/** Throws M_INVALID_PARAM for a kind that does not exist. */
export function kindOf(raw: string): PushRuleKind {
  if (!isPushRuleKind(raw)) throw new MatrixError('M_INVALID_PARAM', `${raw} is no kind of push rule`);
  return raw;
}

/** Throws M_NOT_FOUND. */
export async function existingRule(deps: PushRulesDeps, userId: UserId, params: { kind: string; ruleId: string }): Promise<PushRule> {
  const rule = isPushRuleKind(params.kind) ? findPushRule(await deps.rulesetOf(userId), params.kind, params.ruleId) : null;
  if (rule === null) throw new MatrixError('M_NOT_FOUND', 'The push rule was not found.');
  return rule;
}
