import { adminEndpoint } from './admin-endpoint.ts';
import { registrationSecret } from './registration-secret.ts';
import { makeNonce } from './shared-secret.ts';

export const adminRegisterNonce = adminEndpoint({
  method: 'GET',
  path: '/_synapse/admin/v1/register',
  auth: 'none',
  handler: ({ deps }) => ({ nonce: makeNonce(registrationSecret(deps), deps) }),
});
