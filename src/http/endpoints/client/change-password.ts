import { Type } from 'typebox';
import { accountEndpoint } from '../account-endpoint.ts';
import { checkPasswordPolicy } from '../../../accounts/password-policy.ts';
import { AuthData, authData } from '../auth-data.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountpassword */
export const changePassword = accountEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/account/password',
  auth: 'user',
  limit: 'login',
  whileSuspended: true,
  body: Type.Object({
    new_password: Type.String(),
    logout_devices: Type.Optional(Type.Boolean()),
    auth: Type.Optional(AuthData),
  }),
  handler: async ({ deps, body, requester, request }) => {
    const { accounts } = deps;
    const { userId, deviceId, tokenId } = requester;
    checkPasswordPolicy(body.new_password, accounts.config.passwordPolicy);
    await accounts.uia.require({ userId, deviceId, auth: authData(body.auth), action: 'POST /account/password', ip: request.ip });
    await accounts.setPassword(userId, body.new_password);
    if (body.logout_devices !== false) await accounts.deviceRegistry.deleteAll(userId, { deviceId, tokenId });
    return {};
  },
});
