import { MatrixError } from '../core/errors/matrix-error.ts';
import type { DeviceId, UserId } from '../core/ids/brands.ts';
import { parseDeviceId } from '../core/ids/device-id.ts';
import type { JsonObject } from '../core/json/json-value.ts';
import type { Clock } from '../platform/clock.ts';
import type { Rng } from '../platform/rng.ts';
import type { AccountsReader } from '../storage/accounts/reader.ts';
import type { TokensTransactor } from '../storage/accounts/tokens-transactor.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { AccountsConfig } from './accounts-config.ts';
import type { AccountHooks } from './ports.ts';
import { tokenHash } from './token-hash.ts';

/** Random characters of a token: 256 bits. The prefix says what a leaked string is. */
const TOKEN_CHARACTERS = 43;
/** Characters of a device id that the server makes. */
const DEVICE_ID_CHARACTERS = 10;
const DISPLAY_NAME_LENGTH_MAX = 100;

export interface SignInOptions {
  readonly userId: UserId;
  readonly deviceId?: string | undefined;
  readonly displayName?: string | undefined;
  /** The client refreshes tokens. */
  readonly refresh?: boolean | undefined;
}

/** The token part of the answers of /login, /register and /refresh. */
export interface SignedIn {
  readonly accessToken: string;
  readonly deviceId: DeviceId;
  readonly refreshToken: string | null;
  readonly expiresInMs: number | null;
}

/** Gives devices their tokens: at sign-in, and by rotation. */
export class SignIn {
  readonly #deps: {
    readonly reader: AccountsReader;
    readonly transactor: TokensTransactor;
    readonly tokens: AccessTokens;
    readonly hooks: AccountHooks;
    readonly config: AccountsConfig;
    readonly clock: Clock;
    readonly rng: Rng;
  };

  constructor(deps: {
    reader: AccountsReader;
    transactor: TokensTransactor;
    tokens: AccessTokens;
    hooks: AccountHooks;
    config: AccountsConfig;
    clock: Clock;
    rng: Rng;
  }) {
    this.#deps = deps;
  }

  /**
   * Signs a device in; a known device loses the tokens that it had.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#relationship-between-access-tokens-and-devices
   */
  async signIn(options: SignInOptions): Promise<SignedIn> {
    const { transactor, tokens, hooks, rng } = this.#deps;
    const deviceId = parseDeviceId(options.deviceId ?? rng.token(DEVICE_ID_CHARACTERS).toUpperCase());
    if (deviceId === null) throw new MatrixError('M_INVALID_PARAM', 'device_id is not usable');
    const { secrets, row } = this.#mint(options.refresh === true);
    const { isNewDevice } = await transactor.signIn({
      ...row,
      userId: options.userId,
      deviceId,
      displayName: deviceDisplayName(options.displayName),
    });
    tokens.forget(options.userId);
    if (isNewDevice) await hooks.emit('deviceChanged', { userId: options.userId, deviceId });
    return { ...secrets, deviceId };
  }

  /**
   * Rotation: the refresh token that was sent lives until one of the new tokens is used.
   *
   * @throws MatrixError `M_UNKNOWN_TOKEN`, with `soft_logout` when it has expired; `M_USER_LOCKED`
   * @see https://spec.matrix.org/v1.19/client-server-api/#refreshing-access-tokens
   */
  async refresh(refreshToken: string): Promise<SignedIn> {
    const { reader, transactor, tokens, clock } = this.#deps;
    const current = await reader.refreshToken(tokenHash(refreshToken));
    if (current === null || current.deactivated) throw unknownRefreshToken();
    if (current.locked) {
      throw new MatrixError('M_USER_LOCKED', 'This account has been locked', { extra: { soft_logout: true } });
    }
    if (current.expiresTs !== null && current.expiresTs <= clock.now()) {
      throw new MatrixError('M_UNKNOWN_TOKEN', 'The refresh token has expired', { extra: { soft_logout: true } });
    }
    // Its use shows that the client received it: its predecessor ends.
    if (current.replaces !== null) {
      await transactor.revokeReplaced(current.replaces);
      tokens.forget(current.userId);
    }
    const { secrets, row } = this.#mint(true);
    const rotated = await transactor.rotate(current.id, { ...row, userId: current.userId, deviceId: current.deviceId });
    tokens.forget(current.userId);
    if (!rotated) throw unknownRefreshToken();
    return { ...secrets, deviceId: current.deviceId };
  }

  #mint(refreshes: boolean) {
    const { config, clock, rng } = this.#deps;
    const now = clock.now();
    const lifetime = refreshes ? config.tokens.accessLifetimeMs : config.tokens.sessionLifetimeMs;
    const accessToken = newToken('wat', rng);
    const refreshToken = refreshes ? newToken('wrt', rng) : null;
    const refreshLifetime = config.tokens.refreshLifetimeMs;
    return {
      secrets: { accessToken, refreshToken, expiresInMs: lifetime },
      row: {
        accessHash: tokenHash(accessToken),
        accessExpiresTs: lifetime === null ? null : now + lifetime,
        refresh:
          refreshToken === null
            ? null
            : { hash: tokenHash(refreshToken), expiresTs: refreshLifetime === null ? null : now + refreshLifetime },
        now,
      },
    };
  }
}

export function newToken(prefix: 'wat' | 'wrt' | 'wlt' | 'wot', rng: Rng): string {
  return `${prefix}_${rng.token(TOKEN_CHARACTERS)}`;
}

/** A display name that is stored: not blank, not endless. */
export function deviceDisplayName(raw: string | undefined): string | null {
  if (raw === undefined || raw.trim() === '') return null;
  return [...raw.replaceAll('\0', '')].slice(0, DISPLAY_NAME_LENGTH_MAX).join('');
}

/** The fields that /login and /register answer with. */
export function signedInFields(signedIn: SignedIn): JsonObject {
  return {
    access_token: signedIn.accessToken,
    device_id: signedIn.deviceId,
    ...(signedIn.refreshToken === null ? {} : { refresh_token: signedIn.refreshToken }),
    ...(signedIn.expiresInMs === null ? {} : { expires_in_ms: signedIn.expiresInMs }),
  };
}

function unknownRefreshToken(): MatrixError {
  return new MatrixError('M_UNKNOWN_TOKEN', 'Unknown refresh token');
}
