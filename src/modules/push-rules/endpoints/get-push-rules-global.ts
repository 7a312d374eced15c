import { defineEndpoint } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobal */
export const getPushRulesGlobal = defineEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/pushrules/global/',
  aliases: ['/_matrix/client/v3/pushrules/global'],
  auth: 'user',
  handler: async ({ deps, requester }) => deps.rulesetOf(requester.userId),
});
