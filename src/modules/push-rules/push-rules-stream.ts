import type { UserId } from '../../core/ids/brands.ts';
import type { PushRuleset } from '../../core/push/push-rule.ts';
import type { SyncContribution, SyncRequest, SyncStream } from '../../plugin-api/sync-stream.ts';
import { PUSH_RULES_TYPE, type UserRules } from './user-rules.ts';

/**
 * Sends the complete rules whenever they changed, as account data that only the push rule endpoints can set.
 * https://spec.matrix.org/v1.19/client-server-api/#push-rules-events
 */
export function pushRulesStream(rules: UserRules, rulesetOf: (userId: UserId) => Promise<PushRuleset>): SyncStream {
  return {
    name: 'push_rules',
    async contribute({ userId, from }: SyncRequest): Promise<SyncContribution | null> {
      if (from !== null && !(await rules.changedSince(userId, from))) return null;
      return { accountData: [{ type: PUSH_RULES_TYPE, content: { global: await rulesetOf(userId) } }] };
    },
  };
}
