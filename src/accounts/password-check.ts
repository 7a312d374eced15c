import { MatrixError } from '../core/errors/matrix-error.ts';
import type { ServerName, UserId } from '../core/ids/brands.ts';
import type { PasswordProviderSlot, RateLimiterSlot } from '../plugin-api/slots.ts';
import { loginUserId } from './login-user-id.ts';

/** Rate-limit bucket of password attempts on one account, besides the one by address that endpoints name. */
const BUCKET = 'login';

/** Asks the password provider, with a limit on attempts per account. */
export class PasswordCheck {
  readonly #deps: { readonly provider: () => PasswordProviderSlot; readonly rateLimiter: RateLimiterSlot; readonly serverName: ServerName };

  constructor(deps: { provider: () => PasswordProviderSlot; rateLimiter: RateLimiterSlot; serverName: ServerName }) {
    this.#deps = deps;
  }

  /**
   * @returns the user, or null when name and password do not belong together
   * @throws MatrixError `M_LIMIT_EXCEEDED`
   */
  async check(login: string, password: string): Promise<UserId | null> {
    const account = loginUserId(login, this.#deps.serverName)?.toLowerCase() ?? 'unknown';
    const waitMs = await this.#deps.rateLimiter.consume(BUCKET, `account:${account}`);
    if (waitMs > 0)
      throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many attempts to sign in to this account', { extra: { retry_after_ms: waitMs } });
    return this.#deps.provider().check(login, password);
  }
}
