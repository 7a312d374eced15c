import { MatrixError } from '../core/errors/matrix-error.ts';
import type { DeviceId, UserId } from '../core/ids/brands.ts';
import { ByteCache } from '../platform/byte-cache.ts';
import type { Clock } from '../platform/clock.ts';
import type { Requester } from '../plugin-api/endpoint.ts';
import type { AccountsReader } from '../storage/accounts/reader.ts';
import type { AccessTokenRow } from '../storage/accounts/rows.ts';
import type { TokensTransactor } from '../storage/accounts/tokens-transactor.ts';
import { tokenHash } from './token-hash.ts';

const CACHE_BYTES_MAX = 16 * 1024 * 1024;
const ENTRY_BYTES = 600;
/** A node that missed the news of a revocation believes a token no longer than this. */
const CACHE_TTL_MS = 5 * 60_000;
/** Longer texts are not tokens of ours. */
const TOKEN_LENGTH_MAX = 256;

/** The caller, and whether the account is locked: locked accounts may log out and nothing else. */
export type AuthenticatedRequester = Requester & { readonly isLocked: boolean; readonly lastSeenTs: number | null };

interface CachedToken {
  readonly requester: AuthenticatedRequester;
  readonly expiresTs: number | null;
}

/** Finds out whose an access token is: no SQL when the token was seen lately. */
export class AccessTokens {
  readonly #reader: AccountsReader;
  readonly #transactor: TokensTransactor;
  readonly #clock: Clock;
  /** By the token itself: memory holds it during the request anyway, and hashing each time costs more than the look-up. */
  readonly #cache = new ByteCache<string, CachedToken>({
    name: 'access_tokens',
    bytesMax: CACHE_BYTES_MAX,
    sizeOf: () => ENTRY_BYTES,
    ttlMs: CACHE_TTL_MS,
  });
  readonly #byUser = new Map<UserId, Set<string>>();
  #generation = 0;

  constructor(deps: { reader: AccountsReader; transactor: TokensTransactor; clock: Clock }) {
    this.#reader = deps.reader;
    this.#transactor = deps.transactor;
    this.#clock = deps.clock;
  }

  /**
   * @throws MatrixError `M_UNKNOWN_TOKEN`, with `soft_logout` when the token has only expired
   * @see https://spec.matrix.org/v1.19/client-server-api/#using-access-tokens
   */
  async authenticate(token: string): Promise<AuthenticatedRequester> {
    const cached = this.#cache.get(token) ?? (await this.#load(token));
    if (cached === null) throw new MatrixError('M_UNKNOWN_TOKEN', 'Unknown access token');
    if (cached.expiresTs !== null && cached.expiresTs <= this.#clock.now()) {
      throw new MatrixError('M_UNKNOWN_TOKEN', 'The access token has expired', { extra: { soft_logout: true } });
    }
    return cached.requester;
  }

  /** Forgets what is cached of a user: after anything that changes what their tokens may do. */
  forget(userId: UserId): void {
    this.#generation++;
    const tokens = this.#byUser.get(userId);
    if (tokens === undefined) return;
    this.#byUser.delete(userId);
    for (const token of tokens) this.#cache.delete(token);
  }

  async #load(token: string): Promise<CachedToken | null> {
    if (token.length > TOKEN_LENGTH_MAX) return null;
    const generation = this.#generation;
    const row = await this.#reader.accessToken(tokenHash(token));
    if (row === null || row.deactivated) return null;
    const loaded = { requester: requesterOf(row), expiresTs: row.expiresTs };
    // Something was revoked while the row was on its way: it may have been this.
    if (generation !== this.#generation) return loaded;
    // The first use of a new token shows that the client has it: the one before it is not needed any more.
    if (row.replacesRefreshId !== null) {
      await this.#transactor.revokeReplaced(row.replacesRefreshId);
      this.forget(row.userId);
      return loaded;
    }
    this.#remember(row.userId, token);
    this.#cache.set(token, loaded);
    return loaded;
  }

  #remember(userId: UserId, token: string): void {
    const tokens = this.#byUser.get(userId);
    if (tokens === undefined) this.#byUser.set(userId, new Set([token]));
    else tokens.add(token);
  }
}

function requesterOf(row: AccessTokenRow): AuthenticatedRequester {
  return {
    userId: row.userId,
    deviceId: row.deviceId as DeviceId | null,
    tokenId: row.id,
    isGuest: row.isGuest,
    isAdmin: row.isAdmin,
    isSuspended: row.suspended,
    isLocked: row.locked,
    appserviceId: null,
    lastSeenTs: row.lastSeenTs,
  };
}
