import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { AnyEndpoint, AuthKind, Requester } from '../../plugin-api/endpoint.ts';
import { accessTokenOf } from './access-token.ts';
import type { Exchange, Stage } from './exchange.ts';

/** What `authenticate` may look at besides the token. */
interface TokenContext {
  readonly ip: string;
  readonly userAgent: string;
  readonly query: URLSearchParams;
}

/** Whose token it is; throws `M_UNKNOWN_TOKEN`. */
export type Authenticate = (token: string, context: TokenContext) => Promise<Requester & { readonly isLocked?: boolean }>;

/** All that a locked account may do (https://spec.matrix.org/v1.19/client-server-api/#account-locking). */
const WHILE_LOCKED = new Set(['/_matrix/client/v3/logout', '/_matrix/client/v3/logout/all']);

/** Finds the caller and applies the rules of the endpoint's `auth`; null for endpoints without a token. */
export function authenticateStage(spec: AnyEndpoint<unknown>, authenticate: Authenticate): Stage | null {
  if (spec.auth === 'none' || spec.auth === 'server') return null;
  const whileSuspended = spec.whileSuspended ?? spec.method === 'GET';
  const whileLocked = WHILE_LOCKED.has(spec.path);
  const { auth } = spec;
  return async (exchange: Exchange) => {
    const token = accessTokenOf(exchange);
    if (token === null || token === '') {
      if (auth === 'optional') return;
      throw new MatrixError('M_MISSING_TOKEN', 'An access token is needed');
    }
    const requester = await authenticate(token, exchange);
    if (requester.isLocked === true && !whileLocked) {
      throw new MatrixError('M_USER_LOCKED', 'This account has been locked', { extra: { soft_logout: true } });
    }
    if (requester.isSuspended && !whileSuspended) {
      throw new MatrixError('M_USER_SUSPENDED', 'You cannot do this while your account is suspended');
    }
    checkKind(auth, requester);
    exchange.requester = requester;
  };
}

function checkKind(auth: AuthKind, requester: Requester): void {
  if (auth === 'admin' && !requester.isAdmin) throw new MatrixError('M_FORBIDDEN', 'You are not an administrator of this server');
  if (auth === 'user' && requester.isGuest) throw new MatrixError('M_GUEST_ACCESS_FORBIDDEN', 'Guests cannot do this');
  if (auth === 'appservice' && requester.appserviceId === null) {
    throw new MatrixError('M_FORBIDDEN', 'Only application services can do this');
  }
}
