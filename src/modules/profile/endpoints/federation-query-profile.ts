import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { parseUserId } from '../../../core/ids/user-id.ts';
import { defineEndpoint } from './deps.ts';

/** https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1queryprofile */
export const queryProfile = defineEndpoint({
  method: 'GET',
  path: '/_matrix/federation/v1/query/profile',
  auth: 'server',
  handler: async ({ deps, query }) => {
    const userId = parseUserId(query.get('user_id'));
    if (userId === null) throw new MatrixError('M_INVALID_PARAM', 'user_id must be a user id');
    const profile = await deps.profiles.getLocal(userId);
    if (profile === null) throw new MatrixError('M_NOT_FOUND', 'There is no such user here');
    const field = query.get('field');
    if (field === null) return profile;
    const value = Object.hasOwn(profile, field) ? profile[field] : undefined;
    return value === undefined ? {} : { [field]: value };
  },
});
