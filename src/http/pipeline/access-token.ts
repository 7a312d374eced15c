import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { RequestInfo } from '../../plugin-api/endpoint.ts';

/**
 * The access token of a request: the Authorization header, or the deprecated query parameter that older clients send.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#using-access-tokens
 */
export function accessTokenOf({ request, query }: { request: Pick<RequestInfo, 'headers'>; query: URLSearchParams }): string | null {
  const header = request.headers.authorization;
  if (typeof header === 'string') {
    if (/^bearer /i.test(header)) return header.slice(7).trim();
    throw new MatrixError('M_MISSING_TOKEN', 'The Authorization header is not a Bearer token');
  }
  return query.get('access_token');
}
