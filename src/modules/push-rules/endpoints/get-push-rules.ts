import { defineEndpoint } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrules */
export const getPushRules = defineEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/pushrules/',
  aliases: ['/_matrix/client/v3/pushrules'],
  auth: 'user',
  handler: async ({ deps, requester }) => ({ global: await deps.rulesetOf(requester.userId) }),
});
