import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { Exchange } from './exchange.ts';

/**
 * The access token of a request: the Authorization header, or the deprecated query parameter that older clients send.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#using-access-tokens
 */
export function accessTokenOf(exchange: Exchange): string | null {
  const header = exchange.ctx.headers.authorization;
  if (header !== undefined) {
    if (/^bearer /i.test(header)) return header.slice(7).trim();
    throw new MatrixError('M_MISSING_TOKEN', 'The Authorization header is not a Bearer token');
  }
  return exchange.ctx.querystring.includes('access_token=') ? exchange.query.get('access_token') : null;
}
