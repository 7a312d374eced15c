import { defineEndpoint, existingRule } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleid */
export const getPushRule = defineEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/pushrules/global/:kind/:ruleId',
  auth: 'user',
  handler: ({ deps, requester, params }) => existingRule(deps, requester.userId, params),
});
