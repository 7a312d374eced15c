import { MatrixError } from '../core/errors/matrix-error.ts';
import type { ServerName, UserId } from '../core/ids/brands.ts';
import { localpartOf, makeUserId } from '../core/ids/user-id.ts';
import type { JsonObject } from '../core/json/json-value.ts';
import type { Clock } from '../platform/clock.ts';
import type { Rng } from '../platform/rng.ts';
import type { AccountsReader } from '../storage/accounts/reader.ts';
import type { AccountsTransactor } from '../storage/accounts/transactor.ts';
import type { AccountsConfig } from './accounts-config.ts';
import type { LocalPasswordProvider } from './local-password-provider.ts';
import { checkPasswordPolicy } from './password-policy.ts';
import type { AccountHooks, AppserviceNamespaces, Caller } from './ports.ts';
import type { RegistrationTokens } from './registration-tokens.ts';
import { dummyStage } from './uia/dummy-stage.ts';
import { registrationTokenStage } from './uia/registration-token-stage.ts';
import { termsStage } from './uia/terms-stage.ts';
import type { Uia, UiaFlow } from './uia/uia.ts';

const ACTION = 'POST /register';
/** Digits of a guest's localpart, and characters of one that the server makes up. */
const GUEST_DIGITS = 12;
const GENERATED_LOCALPART_LENGTH = 12;

export interface RegistrationDeps {
  readonly reader: AccountsReader;
  readonly transactor: AccountsTransactor;
  readonly passwords: LocalPasswordProvider;
  readonly tokens: RegistrationTokens;
  readonly uia: Uia;
  readonly hooks: AccountHooks;
  readonly appservices: AppserviceNamespaces;
  readonly config: AccountsConfig;
  readonly serverName: ServerName;
  readonly clock: Clock;
  readonly rng: Rng;
}

/**
 * Makes accounts.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#legacy-account-registration
 */
export class Registration {
  readonly #deps: RegistrationDeps;

  constructor(deps: RegistrationDeps) {
    this.#deps = deps;
  }

  /** A person's own registration: checks the name first, then asks for what the configuration requires. */
  async registerUser(request: {
    username: string | undefined;
    password: string | undefined;
    auth: JsonObject | undefined;
    caller: Caller;
  }): Promise<UserId> {
    const flows = await this.#flows();
    if (flows.length === 0) throw new MatrixError('M_FORBIDDEN', 'Registration is closed on this server');
    const userId = this.#userIdFor(request.username);
    if (request.username !== undefined) await this.checkAvailable(userId, null);
    if (request.password !== undefined) checkPasswordPolicy(request.password, this.#deps.config.passwordPolicy);

    const proof = await this.#deps.uia.run({ userId: null, auth: request.auth, action: ACTION, flows });
    if (request.password === undefined) throw new MatrixError('M_MISSING_PARAM', 'password is missing');
    await this.#checkHook(userId, request.caller);

    const { registrationToken } = proof;
    const counted = registrationToken !== null && !this.#deps.tokens.isConfigured(registrationToken);
    return this.#create({
      userId,
      password: request.password,
      ...(counted ? { registrationToken } : {}),
      ...(proof.completed.includes('m.login.terms') ? { termsVersion: this.#deps.config.registration.terms?.version ?? null } : {}),
    });
  }

  /** @see https://spec.matrix.org/v1.19/client-server-api/#guest-access */
  async registerGuest(caller: Caller): Promise<UserId> {
    if (!this.#deps.config.registration.guests) throw new MatrixError('M_FORBIDDEN', 'This server has no guest accounts');
    let digits = String(1 + this.#deps.rng.int(9));
    while (digits.length < GUEST_DIGITS) digits += String(this.#deps.rng.int(10));
    const userId = this.#userIdFor(digits);
    await this.#checkHook(userId, caller);
    return this.#create({ userId, isGuest: true });
  }

  /**
   * A user of an application service.
   *
   * @see https://spec.matrix.org/v1.19/application-service-api/#server-admin-style-permissions
   */
  async registerForAppservice(appserviceId: string, username: string | undefined): Promise<UserId> {
    if (username === undefined) throw new MatrixError('M_MISSING_PARAM', 'username is missing');
    const userId = this.#userIdFor(username);
    if (!this.#deps.appservices.isInNamespace(appserviceId, userId)) {
      throw new MatrixError('M_EXCLUSIVE', "The user id is outside the application service's namespaces");
    }
    await this.checkAvailable(userId, appserviceId);
    return this.#create({ userId, appserviceId });
  }

  /** By an administrator, a script with the shared secret, or the command line: no proof is asked for. */
  async createAccount(options: { username: string; password: string | null; isAdmin: boolean }): Promise<UserId> {
    const userId = this.#userIdFor(options.username);
    await this.checkAvailable(userId, null);
    const { password, isAdmin } = options;
    return this.#create({ userId, isAdmin, ...(password === null ? {} : { password }) });
  }

  /** The account of somebody whom an outside password provider vouched for. */
  async createVouchedFor(userId: UserId): Promise<void> {
    await this.#create({ userId });
  }

  /** @throws MatrixError `M_INVALID_USERNAME`, `M_EXCLUSIVE`, `M_USER_IN_USE` */
  async checkUsername(username: string): Promise<void> {
    await this.checkAvailable(this.#userIdFor(username), null);
  }

  async checkAvailable(userId: UserId, appserviceId: string | null): Promise<void> {
    const owner = this.#deps.appservices.exclusiveOwner(userId);
    if (owner !== null && owner !== appserviceId) {
      throw new MatrixError('M_EXCLUSIVE', 'This user id is reserved for an application service');
    }
    const similar = await this.#deps.reader.accountsIgnoringCase(userId);
    if (similar.length > 0) throw new MatrixError('M_USER_IN_USE', 'This user id is taken');
  }

  /** The flows of a session with this action, where it is a registration. */
  async flowsOf(action: string): Promise<UiaFlow[] | null> {
    return action === ACTION ? this.#flows() : null;
  }

  /** What a new user may be asked for; none: registration is closed. */
  async #flows(): Promise<UiaFlow[]> {
    const { config, tokens } = this.#deps;
    const { enabled, require, terms } = config.registration;
    const byToken = registrationTokenStage(tokens);
    const consent: UiaFlow = require.includes('terms') && terms !== null ? [termsStage(terms)] : [];
    const usable = await tokens.anyUsable();
    const flows: UiaFlow[] = [];
    if (enabled && !require.includes('token')) flows.push(consent.length > 0 ? consent : [dummyStage]);
    // A closed server lets in those who were given a token; an open one lets its first administrator prove it by token.
    const tokenOffered = enabled ? require.includes('token') || usable.admin : usable.any;
    if (tokenOffered) flows.push([byToken, ...consent]);
    return flows;
  }

  async #checkHook(userId: UserId, caller: Caller): Promise<void> {
    const verdict = await this.#deps.hooks.check('checkRegistration', { localpart: localpartOf(userId), ...caller });
    if (!verdict.allow) throw new MatrixError(verdict.errcode, verdict.reason);
  }

  async #create(options: {
    userId: UserId;
    password?: string;
    isGuest?: boolean;
    isAdmin?: boolean;
    appserviceId?: string;
    registrationToken?: string;
    termsVersion?: string | null;
  }): Promise<UserId> {
    const { userId, isGuest = false } = options;
    const passwordHash = options.password === undefined ? null : await this.#deps.passwords.hash(options.password);
    const made = await this.#deps.transactor.createAccount(
      {
        userId,
        passwordHash,
        isGuest,
        isAdmin: options.isAdmin ?? false,
        appserviceId: options.appserviceId ?? null,
        termsVersion: options.termsVersion ?? null,
        now: this.#deps.clock.now(),
      },
      options.registrationToken,
    );
    if (made === 'token') throw new MatrixError('M_FORBIDDEN', 'The registration token has been used up or has expired');
    if (!made) throw new MatrixError('M_USER_IN_USE', 'This user id is taken');
    await this.#deps.hooks.emit('userRegistered', { userId, isGuest });
    return userId;
  }

  /** Capitals are folded: two accounts may not differ in case only. */
  #userIdFor(username: string | undefined): UserId {
    const localpart = username?.toLowerCase() ?? this.#deps.rng.token(GENERATED_LOCALPART_LENGTH).toLowerCase();
    const userId = makeUserId(localpart, this.#deps.serverName);
    if (userId === null) {
      throw new MatrixError('M_INVALID_USERNAME', 'A user name has only the characters a-z, 0-9, and ._=-/+ and is not too long');
    }
    return userId;
  }
}
