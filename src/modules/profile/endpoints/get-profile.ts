import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { checkFieldName } from '../profile-field.ts';
import { defineEndpoint, FIELD_ALIASES, FIELD_PATH } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuserid */
export const getUserProfile = defineEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/profile/:userId',
  aliases: ['/_matrix/client/unstable/uk.tcpip.msc4133/profile/:userId'],
  auth: 'none',
  handler: async ({ deps, params: { userId } }) => {
    const profile = await deps.profiles.get(userId);
    if (profile === null) throw new MatrixError('M_NOT_FOUND', 'Profile not found');
    return profile;
  },
});

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuseridkeyname */
export const getProfileField = defineEndpoint({
  method: 'GET',
  path: FIELD_PATH,
  aliases: FIELD_ALIASES,
  auth: 'none',
  handler: async ({ deps, params: { userId, keyName } }) => {
    checkFieldName(keyName);
    const profile = await deps.profiles.get(userId);
    const value = profile !== null && Object.hasOwn(profile, keyName) ? profile[keyName] : undefined;
    if (value === undefined) throw new MatrixError('M_NOT_FOUND', 'The profile has no such field');
    return { [keyName]: value };
  },
});
