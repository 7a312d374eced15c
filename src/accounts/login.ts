import { MatrixError } from '../core/errors/matrix-error.ts';
import type { DeviceId, ServerName, UserId } from '../core/ids/brands.ts';
import type { JsonObject } from '../core/json/json-value.ts';
import type { AccountsReader } from '../storage/accounts/reader.ts';
import { loginOf } from './login-identifier.ts';
import type { LoginTokens } from './login-tokens.ts';
import { loginUserId } from './login-user-id.ts';
import type { PasswordCheck } from './password-check.ts';
import type { AccountHooks, AppserviceNamespaces, Caller } from './ports.ts';
import type { Registration } from './registration.ts';

export interface LoginDeps {
  readonly reader: AccountsReader;
  readonly passwords: PasswordCheck;
  readonly loginTokens: LoginTokens;
  readonly registration: Registration;
  readonly hooks: AccountHooks;
  readonly appservices: AppserviceNamespaces;
  readonly serverName: ServerName;
}

/**
 * Finds out who signs in.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#legacy-login
 */
export class Login {
  readonly #deps: LoginDeps;

  constructor(deps: LoginDeps) {
    this.#deps = deps;
  }

  /**
   * `body` is the body of /login, `appserviceId` the application service whose token came with it.
   *
   * @throws MatrixError `M_FORBIDDEN`, `M_USER_DEACTIVATED`, `M_USER_LOCKED`, `M_UNKNOWN` for types that are not offered
   */
  async identify(body: JsonObject, context: { appserviceId: string | null; deviceId: DeviceId | null; caller: Caller }): Promise<UserId> {
    const userId = await this.#identify(body, context.appserviceId);
    const account = await this.#deps.reader.account(userId);
    if (account === null) throw wrongCredentials();
    if (account.deactivatedTs !== null) throw new MatrixError('M_USER_DEACTIVATED', 'This account has been deactivated');
    if (account.locked) throw new MatrixError('M_USER_LOCKED', 'This account has been locked', { extra: { soft_logout: true } });
    const verdict = await this.#deps.hooks.check('checkLogin', { userId, deviceId: context.deviceId, ...context.caller });
    if (!verdict.allow) throw new MatrixError(verdict.errcode, verdict.reason);
    return userId;
  }

  async #identify(body: JsonObject, appserviceId: string | null): Promise<UserId> {
    switch (body.type) {
      case 'm.login.password':
        return this.#byPassword(body);
      case 'm.login.token':
        if (typeof body.token !== 'string') throw new MatrixError('M_BAD_JSON', 'token is missing');
        return this.#deps.loginTokens.redeem(body.token);
      case 'm.login.application_service':
        return this.#asAppservice(body, appserviceId);
      default:
        throw new MatrixError('M_UNKNOWN', 'Unknown login type');
    }
  }

  async #byPassword(body: JsonObject): Promise<UserId> {
    if (typeof body.password !== 'string') throw new MatrixError('M_BAD_JSON', 'password is missing');
    const login = await loginOf(body, this.#deps.reader);
    const userId = login === null ? null : await this.#deps.passwords.check(login, body.password);
    if (userId === null) throw wrongCredentials();
    // An outside provider may know people who have never been here.
    if ((await this.#deps.reader.account(userId)) === null) await this.#deps.registration.createVouchedFor(userId);
    return userId;
  }

  async #asAppservice(body: JsonObject, appserviceId: string | null): Promise<UserId> {
    if (appserviceId === null) throw new MatrixError('M_FORBIDDEN', "This takes an application service's token");
    const login = await loginOf(body, this.#deps.reader);
    const userId = login === null ? null : loginUserId(login, this.#deps.serverName);
    if (userId === null) throw wrongCredentials();
    if (!this.#deps.appservices.isInNamespace(appserviceId, userId)) {
      throw new MatrixError('M_EXCLUSIVE', "The user id is outside the application service's namespaces");
    }
    return userId;
  }
}

function wrongCredentials(): MatrixError {
  return new MatrixError('M_FORBIDDEN', 'Unknown user or wrong password');
}
