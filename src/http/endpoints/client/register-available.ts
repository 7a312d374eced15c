import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3registeravailable */
export const registerAvailable = accountEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/register/available',
  auth: 'none',
  limit: 'default',
  handler: async ({ deps, query }) => {
    const username = query.get('username');
    if (username === null) throw new MatrixError('M_MISSING_PARAM', 'username is missing');
    await deps.accounts.registration.checkUsername(username);
    return { available: true };
  },
});
