import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixclient */
export const wellKnownClient = accountEndpoint({
  method: 'GET',
  path: '/.well-known/matrix/client',
  auth: 'none',
  handler: ({ deps }) => ({ 'm.homeserver': { base_url: deps.server.publicBaseUrl } }),
});
