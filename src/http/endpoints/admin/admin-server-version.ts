import { adminEndpoint } from './admin-endpoint.ts';

export const adminServerVersion = adminEndpoint({
  method: 'GET',
  path: '/_synapse/admin/v1/server_version',
  auth: 'none',
  handler: ({ deps }) => ({ server_version: `Weft ${deps.version}`, python_version: '' }),
});
