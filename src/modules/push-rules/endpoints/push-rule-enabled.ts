import { setPushRuleEnabled as withEnabled } from '../../../core/push/edit-push-rules.ts';
import { parsePushEnabled } from '../../../core/push/parse-push-rule.ts';
import { defineEndpoint, existingRule, kindOf } from './deps.ts';

const path = '/_matrix/client/v3/pushrules/global/:kind/:ruleId/enabled';

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleidenabled */
export const isPushRuleEnabled = defineEndpoint({
  method: 'GET',
  path,
  auth: 'user',
  handler: async ({ deps, requester, params }) => ({ enabled: (await existingRule(deps, requester.userId, params)).enabled }),
});

/** https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidenabled */
export const setPushRuleEnabled = defineEndpoint({
  method: 'PUT',
  path,
  auth: 'user',
  body: 'json',
  handler: async ({ deps, requester, params, body }) => {
    const kind = kindOf(params.kind);
    const enabled = parsePushEnabled(body);
    await deps.rules.change(requester.userId, (rules) => withEnabled(rules, kind, params.ruleId, enabled));
    return {};
  },
});
