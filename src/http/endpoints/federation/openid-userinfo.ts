import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { accountEndpoint } from '../account-endpoint.ts';

/** Not signed: anybody who has the token may ask. https://spec.matrix.org/v1.19/server-server-api/#openid */
export const openidUserinfo = accountEndpoint({
  method: 'GET',
  path: '/_matrix/federation/v1/openid/userinfo',
  auth: 'none',
  limit: 'federation',
  handler: async ({ deps, query }) => {
    const token = query.get('access_token');
    if (token === null) throw new MatrixError('M_MISSING_TOKEN', 'access_token is missing');
    const userId = await deps.accounts.loginTokens.openidUser(token);
    if (userId === null) throw new MatrixError('M_UNKNOWN_TOKEN', 'Access token unknown or expired');
    return { sub: userId };
  },
});
