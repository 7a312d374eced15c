import { Type } from 'typebox';
import { LOGIN_TOKEN_LIFETIME_MS } from '../../../accounts/login-tokens.ts';
import { accountEndpoint } from '../account-endpoint.ts';
import { AuthData, authData } from '../auth-data.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1loginget_token */
export const getLoginToken = accountEndpoint({
  method: 'POST',
  path: '/_matrix/client/v1/login/get_token',
  auth: 'user',
  limit: 'login',
  whileSuspended: true,
  bodyOptional: true,
  body: Type.Object({ auth: Type.Optional(AuthData) }),
  handler: async ({ deps, body, requester, request }) => {
    const { userId, deviceId } = requester;
    await deps.accounts.uia.require({ userId, deviceId, auth: authData(body.auth), action: 'POST /login/get_token', ip: request.ip });
    return { login_token: await deps.accounts.loginTokens.create(userId), expires_in_ms: LOGIN_TOKEN_LIFETIME_MS };
  },
});
