import { deletePushRule as withoutRule } from '../../../core/push/edit-push-rules.ts';
import { defineEndpoint, kindOf } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3pushrulesglobalkindruleid */
export const deletePushRule = defineEndpoint({
  method: 'DELETE',
  path: '/_matrix/client/v3/pushrules/global/:kind/:ruleId',
  auth: 'user',
  handler: async ({ deps, requester, params }) => {
    const kind = kindOf(params.kind);
    await deps.rules.change(requester.userId, (rules) => withoutRule(rules, kind, params.ruleId));
    return {};
  },
});
