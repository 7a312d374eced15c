import { checkMayChange, defineEndpoint, FIELD_ALIASES, FIELD_PATH } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3profileuseridkeyname */
export const deleteProfileField = defineEndpoint({
  method: 'DELETE',
  path: FIELD_PATH,
  aliases: FIELD_ALIASES,
  auth: 'guest',
  handler: async ({ deps, requester, params: { userId, keyName } }) => {
    checkMayChange(deps, requester, userId, keyName);
    await deps.change(userId, keyName, undefined);
    return {};
  },
});
