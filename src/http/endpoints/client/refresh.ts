import { Type } from 'typebox';
import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3refresh */
export const refresh = accountEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/refresh',
  aliases: ['/_matrix/client/v1/refresh'],
  auth: 'none',
  body: Type.Object({ refresh_token: Type.String() }),
  handler: async ({ deps, body }) => {
    const signedIn = await deps.accounts.signIn.refresh(body.refresh_token);
    return {
      access_token: signedIn.accessToken,
      refresh_token: signedIn.refreshToken ?? undefined,
      expires_in_ms: signedIn.expiresInMs ?? undefined,
    };
  },
});
