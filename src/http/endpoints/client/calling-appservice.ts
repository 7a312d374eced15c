import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { RequestInfo } from '../../../plugin-api/endpoint.ts';
import { accessTokenOf } from '../../pipeline/access-token.ts';
import type { AccountEndpointDeps } from '../account-endpoint.ts';

/**
 * The application service that signs in or registers one of its users.
 *
 * @throws MatrixError `M_MISSING_TOKEN`, or `M_FORBIDDEN` when the token is not an application service's
 * @see https://spec.matrix.org/v1.19/client-server-api/#appservice-login
 */
export function callingAppservice(deps: AccountEndpointDeps, context: { request: RequestInfo; query: URLSearchParams }): string {
  const token = accessTokenOf(context);
  if (token === null) throw new MatrixError('M_MISSING_TOKEN', "This takes an application service's token");
  const appserviceId = deps.accounts.appservices.byToken(token);
  if (appserviceId === null) throw new MatrixError('M_FORBIDDEN', "This is not an application service's token");
  return appserviceId;
}
