import { fieldValue, PROFILE_BYTES_MAX } from '../profile-field.ts';
import { checkMayChange, defineEndpoint, FIELD_ALIASES, FIELD_PATH } from './deps.ts';

/** A body may be larger than what fits: the refusal should say so. */
const BODY_BYTES_MAX = 2 * PROFILE_BYTES_MAX;

/** https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname */
export const setProfileField = defineEndpoint({
  method: 'PUT',
  path: FIELD_PATH,
  aliases: FIELD_ALIASES,
  auth: 'guest',
  body: 'json',
  bodyLimit: BODY_BYTES_MAX,
  handler: async ({ deps, requester, params: { userId, keyName }, body }) => {
    checkMayChange(deps, requester, userId, keyName);
    await deps.change(userId, keyName, fieldValue(keyName, body));
    return {};
  },
});
