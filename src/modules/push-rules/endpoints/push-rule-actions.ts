import { setPushRuleActions as withActions } from '../../../core/push/edit-push-rules.ts';
import { parsePushActions } from '../../../core/push/parse-push-rule.ts';
import { defineEndpoint, existingRule, kindOf } from './deps.ts';

const path = '/_matrix/client/v3/pushrules/global/:kind/:ruleId/actions';

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleidactions */
export const getPushRuleActions = defineEndpoint({
  method: 'GET',
  path,
  auth: 'user',
  handler: async ({ deps, requester, params }) => ({ actions: (await existingRule(deps, requester.userId, params)).actions }),
});

/** https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidactions */
export const setPushRuleActions = defineEndpoint({
  method: 'PUT',
  path,
  auth: 'user',
  body: 'json',
  handler: async ({ deps, requester, params, body }) => {
    const kind = kindOf(params.kind);
    const actions = parsePushActions(body);
    await deps.rules.change(requester.userId, (rules) => withActions(rules, kind, params.ruleId, actions));
    return {};
  },
});
