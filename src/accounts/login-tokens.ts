import { MatrixError } from '../core/errors/matrix-error.ts';
import type { UserId } from '../core/ids/brands.ts';
import type { Clock } from '../platform/clock.ts';
import type { Rng } from '../platform/rng.ts';
import type { AccountsReader } from '../storage/accounts/reader.ts';
import type { TokensTransactor } from '../storage/accounts/tokens-transactor.ts';
import { newToken } from './sign-in.ts';
import { tokenHash } from './token-hash.ts';

/** Long enough to scan a code with another device. */
export const LOGIN_TOKEN_LIFETIME_MS = 2 * 60_000;
export const OPENID_TOKEN_LIFETIME_MS = 60 * 60_000;

/** Short-lived tokens that stand for a user elsewhere: one-time sign-in tokens and OpenID tokens. */
export class LoginTokens {
  readonly #deps: { readonly reader: AccountsReader; readonly transactor: TokensTransactor; readonly clock: Clock; readonly rng: Rng };

  constructor(deps: { reader: AccountsReader; transactor: TokensTransactor; clock: Clock; rng: Rng }) {
    this.#deps = deps;
  }

  /** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1loginget_token */
  async create(userId: UserId): Promise<string> {
    const token = newToken('wlt', this.#deps.rng);
    const expiresTs = this.#deps.clock.now() + LOGIN_TOKEN_LIFETIME_MS;
    await this.#deps.transactor.createLoginToken({ hash: tokenHash(token), userId, expiresTs });
    return token;
  }

  /** Works once. @throws MatrixError `M_FORBIDDEN` */
  async redeem(token: string): Promise<UserId> {
    const userId = await this.#deps.transactor.takeLoginToken(tokenHash(token), this.#deps.clock.now());
    if (userId === null) throw new MatrixError('M_FORBIDDEN', 'The login token is unknown, used or expired');
    return userId;
  }

  /** @see https://spec.matrix.org/v1.19/client-server-api/#openid */
  async createOpenid(userId: UserId): Promise<string> {
    const token = newToken('wot', this.#deps.rng);
    const expiresTs = this.#deps.clock.now() + OPENID_TOKEN_LIFETIME_MS;
    await this.#deps.transactor.createOpenidToken({ hash: tokenHash(token), userId, expiresTs });
    return token;
  }

  openidUser(token: string): Promise<UserId | null> {
    return this.#deps.reader.openidUser(tokenHash(token), this.#deps.clock.now());
  }
}
