import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { adminEndpoint } from './admin-endpoint.ts';

export const adminUsernameAvailable = adminEndpoint({
  method: 'GET',
  path: '/_synapse/admin/v1/username_available',
  auth: 'admin',
  handler: async ({ deps, query }) => {
    const username = query.get('username');
    if (username === null) throw new MatrixError('M_MISSING_PARAM', 'username is missing');
    await deps.accounts.registration.checkUsername(username);
    return { available: true };
  },
});
