import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login */
export const loginFlows = accountEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/login',
  auth: 'none',
  handler: () => ({
    flows: [{ type: 'm.login.password' }, { type: 'm.login.token', get_login_token: true }, { type: 'm.login.application_service' }],
  }),
});
