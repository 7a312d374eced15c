import type { ServerResponse } from 'node:http';

/**
 * Headers that let web clients of any origin use the server; they go on every answer, errors included.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#web-browser-clients
 */
export function setCorsHeaders(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, DELETE, OPTIONS');
  response.setHeader('Access-Control-Allow-Headers', 'X-Requested-With, Content-Type, Authorization, Date');
  // Web clients read how long to wait, and the name of a download.
  response.setHeader('Access-Control-Expose-Headers', 'Retry-After, Content-Disposition');
}
