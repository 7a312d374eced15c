import { putPushRule } from '../../../core/push/edit-push-rules.ts';
import { parsePushRule } from '../../../core/push/parse-push-rule.ts';
import { defineEndpoint, kindOf } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid */
export const setPushRule = defineEndpoint({
  method: 'PUT',
  path: '/_matrix/client/v3/pushrules/global/:kind/:ruleId',
  auth: 'user',
  body: 'json',
  handler: async ({ deps, requester, params, query, body }) => {
    const kind = kindOf(params.kind);
    const rule = parsePushRule(kind, params.ruleId, body);
    const place = { before: query.get('before') ?? undefined, after: query.get('after') ?? undefined };
    await deps.rules.change(requester.userId, (rules) => putPushRule(rules, kind, rule, place));
    return {};
  },
});
