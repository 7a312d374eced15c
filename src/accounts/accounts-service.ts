import { MatrixError } from '../core/errors/matrix-error.ts';
import type { DeviceId, ServerName, UserId } from '../core/ids/brands.ts';
import { serverNameOf } from '../core/ids/user-id.ts';
import type { JsonObject } from '../core/json/json-value.ts';
import { ByteCache } from '../platform/byte-cache.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Rng } from '../platform/rng.ts';
import type { Database } from '../plugin-api/commit.ts';
import type { DeviceInfo, UsersPort } from '../plugin-api/ports.ts';
import type { PasswordProviderSlot, RateLimiterSlot } from '../plugin-api/slots.ts';
import { AccountsReader } from '../storage/accounts/reader.ts';
import type { AccountRow } from '../storage/accounts/rows.ts';
import { TokensTransactor } from '../storage/accounts/tokens-transactor.ts';
import { AccountsTransactor } from '../storage/accounts/transactor.ts';
import { AccessTokens, type AuthenticatedRequester } from './access-tokens.ts';
import type { AccountsConfig } from './accounts-config.ts';
import { Devices } from './devices.ts';
import { LastSeen } from './last-seen.ts';
import { LocalPasswordProvider } from './local-password-provider.ts';
import { Login } from './login.ts';
import { LoginTokens } from './login-tokens.ts';
import { PasswordCheck } from './password-check.ts';
import { checkPasswordPolicy } from './password-policy.ts';
import { type AccountHooks, type AppserviceNamespaces, type Caller, NO_APPSERVICES } from './ports.ts';
import { Registration } from './registration.ts';
import { RegistrationTokens } from './registration-tokens.ts';
import { newToken, SignIn } from './sign-in.ts';
import { tokenHash } from './token-hash.ts';
import { passwordStage } from './uia/password-stage.ts';
import { Uia, type UiaFlow } from './uia/uia.ts';
import { UIA_SESSION_LIFETIME_MS } from './uia/uia-session-lifetime.ts';
import type { StageResult } from './uia/uia-stage.ts';

const KNOWN_USERS_BYTES_MAX = 8 * 1024 * 1024;
/** A node that missed the news of a deactivation believes in an account no longer than this. */
const KNOWN_USERS_TTL_MS = 5 * 60_000;
const SWEEP_INTERVAL_MS = 60 * 60_000;

export interface AccountsDeps {
  readonly db: Database;
  readonly serverName: ServerName;
  readonly config: AccountsConfig;
  readonly hooks: AccountHooks;
  readonly rateLimiter: RateLimiterSlot;
  /** The provider of the slot; null or absent: passwords are kept here. Asked at each use. */
  readonly passwordProvider?: () => PasswordProviderSlot | null;
  readonly appservices?: AppserviceNamespaces;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

/** Everything about local accounts, put together. Other floors use its parts by name. */
export class AccountsService implements UsersPort, AsyncDisposable {
  readonly reader: AccountsReader;
  readonly transactor: AccountsTransactor;
  readonly localPasswords: LocalPasswordProvider;
  readonly deviceRegistry: Devices;
  readonly login: Login;
  readonly loginTokens: LoginTokens;
  readonly registration: Registration;
  readonly registrationTokens: RegistrationTokens;
  readonly signIn: SignIn;
  readonly uia: Uia;
  readonly appservices: AppserviceNamespaces;
  readonly config: AccountsConfig;
  readonly serverName: ServerName;
  readonly #deps: AccountsDeps;
  readonly #tokens: AccessTokens;
  readonly #tokensTransactor: TokensTransactor;
  readonly #lastSeen: LastSeen;
  readonly #ownerFlows: readonly UiaFlow[];
  readonly #passwordProvider: () => PasswordProviderSlot;
  readonly #known = new ByteCache<UserId, { deactivated: boolean }>({
    name: 'known_users',
    bytesMax: KNOWN_USERS_BYTES_MAX,
    sizeOf: (_, userId) => 100 + userId.length,
    ttlMs: KNOWN_USERS_TTL_MS,
  });
  #sweeping: Timer | null = null;

  constructor(deps: AccountsDeps) {
    const { db, serverName, config, hooks, rateLimiter, clock, rng, log } = deps;
    const appservices = deps.appservices ?? NO_APPSERVICES;
    if (config.registration.require.includes('terms') && config.registration.terms === null) {
      throw new Error('registration.require names terms, but terms.url is not set');
    }
    const reader = new AccountsReader(db);
    const transactor = new AccountsTransactor(db);
    const tokensTransactor = new TokensTransactor(db);
    const tokens = new AccessTokens({ reader, transactor: tokensTransactor, clock });
    const localPasswords = new LocalPasswordProvider({ reader, transactor, rng, serverName });
    const passwordProvider = () => deps.passwordProvider?.() ?? localPasswords;
    const passwords = new PasswordCheck({ provider: passwordProvider, rateLimiter, serverName });

    this.#deps = deps;
    this.#tokens = tokens;
    this.#tokensTransactor = tokensTransactor;
    this.#passwordProvider = passwordProvider;
    this.#lastSeen = new LastSeen({ transactor, clock, log });
    this.reader = reader;
    this.transactor = transactor;
    this.appservices = appservices;
    this.config = config;
    this.serverName = serverName;
    this.localPasswords = localPasswords;
    this.signIn = new SignIn({ reader, transactor: tokensTransactor, tokens, hooks, config, clock, rng });
    this.deviceRegistry = new Devices({ reader, transactor, tokensTransactor, tokens, hooks, clock });
    this.loginTokens = new LoginTokens({ reader, transactor: tokensTransactor, clock, rng });
    this.registrationTokens = new RegistrationTokens({ reader, transactor, configured: config.registration.tokens, clock, rng });
    this.#ownerFlows = [[passwordStage({ passwords, reader, serverName })]];
    this.uia = new Uia({ reader, transactor, ownerFlows: this.#ownerFlows, clock, rng });
    this.registration = new Registration({
      reader,
      transactor,
      passwords: localPasswords,
      tokens: this.registrationTokens,
      uia: this.uia,
      hooks,
      appservices,
      config,
      serverName,
      clock,
      rng,
    });
    this.login = new Login({
      reader,
      passwords,
      loginTokens: this.loginTokens,
      registration: this.registration,
      hooks,
      appservices,
      serverName,
    });
  }

  /** Begins the hourly removal of what has expired. */
  start(): void {
    const sweep = (): void => {
      const now = this.#deps.clock.now();
      this.transactor
        .sweep({ now, uiaSessionsBefore: now - UIA_SESSION_LIFETIME_MS })
        .catch((err: unknown) => this.#deps.log.warn({ err }, 'could not remove expired sessions'));
      this.#sweeping = this.#deps.clock.setTimeout(sweep, SWEEP_INTERVAL_MS);
    };
    sweep();
  }

  /** Whose token it is. No SQL when it was used lately. @throws MatrixError `M_UNKNOWN_TOKEN` */
  async authenticate(token: string, caller: Caller): Promise<AuthenticatedRequester> {
    const requester = await this.#tokens.authenticate(token);
    if (requester.deviceId !== null) this.#lastSeen.touch(requester.userId, requester.deviceId, caller);
    return requester;
  }

  isLocal(userId: UserId): boolean {
    return serverNameOf(userId) === this.serverName;
  }

  async exists(userId: UserId): Promise<boolean> {
    return (await this.#knownUser(userId)) !== null;
  }

  async isDeactivated(userId: UserId): Promise<boolean> {
    return (await this.#knownUser(userId))?.deactivated ?? false;
  }

  async devices(userId: UserId): Promise<readonly DeviceInfo[]> {
    return this.deviceRegistry.list(userId);
  }

  async createDevice(options: { userId: UserId; deviceId: DeviceId; displayName: string | null }): Promise<void> {
    await this.deviceRegistry.ensure({ ...options, displayName: options.displayName ?? undefined });
  }

  deleteDevices(userId: UserId, deviceIds: readonly DeviceId[]): Promise<void> {
    return this.deviceRegistry.delete(userId, deviceIds);
  }

  account(userId: UserId): Promise<AccountRow | null> {
    return this.reader.account(userId);
  }

  /** One attempt at a stage of user-interactive authentication on a page in the browser; see `Uia.attempt`. */
  attemptStage(session: string, auth: JsonObject & { type: string }): Promise<StageResult | null> {
    const flowsOf = async (action: string) => (await this.registration.flowsOf(action)) ?? this.#ownerFlows;
    return this.uia.attempt({ session, auth, flowsOf });
  }

  /** Ends the caller's session: the device goes, or the token where it has none. */
  async logout(requester: Pick<AuthenticatedRequester, 'userId' | 'deviceId' | 'tokenId'>): Promise<void> {
    if (requester.deviceId !== null) {
      await this.deviceRegistry.delete(requester.userId, [requester.deviceId]);
      return;
    }
    await this.#tokensTransactor.deleteAccessToken(requester.tokenId);
    this.#tokens.forget(requester.userId);
  }

  /** @throws MatrixError `M_WEAK_PASSWORD` */
  async setPassword(userId: UserId, password: string): Promise<void> {
    checkPasswordPolicy(password, this.config.passwordPolicy);
    await this.#passwordProvider().set(userId, password);
  }

  /** @see https://spec.matrix.org/v1.19/client-server-api/#account-deactivation */
  async deactivate(userId: UserId, options: { erase: boolean }): Promise<void> {
    const { erase } = options;
    const deviceIds = await this.transactor.deactivate({ userId, erase, now: this.#deps.clock.now() });
    this.forget(userId);
    if (deviceIds === null && !erase) return;
    if (deviceIds !== null && deviceIds.length > 0) await this.#deps.hooks.emit('deviceDeleted', { userId, deviceIds });
    await this.#deps.hooks.emit('userDeactivated', { userId, erase });
  }

  /** Undoes a deactivation; rooms and devices do not come back. */
  async reactivate(userId: UserId, password: string | null): Promise<void> {
    await this.transactor.reactivate(userId, password === null ? null : await this.localPasswords.hash(password));
    this.forget(userId);
  }

  /** @see https://spec.matrix.org/v1.19/client-server-api/#account-moderation */
  async setFlags(userId: UserId, flags: { isAdmin?: boolean; locked?: boolean; suspended?: boolean }): Promise<void> {
    await this.transactor.setFlags(userId, flags);
    this.forget(userId);
  }

  /** A token with which an administrator acts as the user; it belongs to no device. */
  async createDevicelessToken(userId: UserId, expiresTs: number | null): Promise<string> {
    const token = newToken('wat', this.#deps.rng);
    await this.#tokensTransactor.createDevicelessToken({ userId, hash: tokenHash(token), expiresTs, now: this.#deps.clock.now() });
    return token;
  }

  /** Drops what this node remembers of a user: when another node changed the account. */
  forget(userId: UserId): void {
    this.#tokens.forget(userId);
    this.#known.delete(userId);
  }

  /** Writes last-seen times that wait. */
  flush(): Promise<void> {
    return this.#lastSeen.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sweeping?.cancel();
    await this.#lastSeen[Symbol.asyncDispose]();
  }

  async #knownUser(userId: UserId): Promise<{ deactivated: boolean } | null> {
    if (!this.isLocal(userId)) return null;
    return this.#known.fetch(userId, async () => {
      const account = await this.reader.account(userId);
      return account === null ? null : { deactivated: account.deactivatedTs !== null };
    });
  }
}

/** @throws MatrixError `M_NOT_FOUND` for users who do not exist or are of another server */
export async function requireAccount(accounts: AccountsService, userId: UserId): Promise<AccountRow> {
  const account = await accounts.account(userId);
  if (account === null) throw new MatrixError('M_NOT_FOUND', 'Unknown user');
  return account;
}
