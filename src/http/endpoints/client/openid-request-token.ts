import { OPENID_TOKEN_LIFETIME_MS } from '../../../accounts/login-tokens.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridopenidrequest_token */
export const openidRequestToken = accountEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/user/:userId/openid/request_token',
  auth: 'user',
  limit: 'default',
  handler: async ({ deps, params, requester }) => {
    if (params.userId !== requester.userId) throw new MatrixError('M_FORBIDDEN', 'You can only get tokens for yourself');
    return {
      access_token: await deps.accounts.loginTokens.createOpenid(requester.userId),
      token_type: 'Bearer',
      matrix_server_name: deps.server.serverName,
      expires_in: OPENID_TOKEN_LIFETIME_MS / 1000,
    };
  },
});
