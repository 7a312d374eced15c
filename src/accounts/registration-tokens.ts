import type { Clock } from '../platform/clock.ts';
import type { Rng } from '../platform/rng.ts';
import type { AccountsReader } from '../storage/accounts/reader.ts';
import type { RegistrationTokenRow } from '../storage/accounts/rows.ts';
import type { AccountsTransactor } from '../storage/accounts/transactor.ts';
import { UIA_SESSION_LIFETIME_MS } from './uia/uia-session-lifetime.ts';

/** Opaque identifier grammar, at most 64 characters (https://spec.matrix.org/v1.19/client-server-api/#token-authenticated-registration). */
const TOKEN = /^[0-9A-Za-z._~-]{1,64}$/;
const GENERATED_LENGTH = 16;
const FIRST_ADMIN_TOKEN_LENGTH = 32;

export interface RegistrationTokenLimits {
  readonly usesAllowed: number | null;
  readonly expiryTs: number | null;
}

/** Tokens that let people register. Those of the configuration have no limits and stand in no table. */
export class RegistrationTokens {
  readonly #deps: {
    readonly reader: AccountsReader;
    readonly transactor: AccountsTransactor;
    readonly configured: readonly string[];
    readonly clock: Clock;
    readonly rng: Rng;
  };

  constructor(deps: {
    reader: AccountsReader;
    transactor: AccountsTransactor;
    configured: readonly string[];
    clock: Clock;
    rng: Rng;
  }) {
    this.#deps = deps;
  }

  /** Whether somebody could begin to register with it now. */
  async isValid(token: string): Promise<boolean> {
    if (this.isConfigured(token)) return true;
    const row = await this.get(token);
    return row !== null && this.#isUsable(row);
  }

  isConfigured(token: string): boolean {
    return this.#deps.configured.includes(token);
  }

  /** Whether there is any token that works: then a closed server still offers registration by token. */
  async anyUsable(): Promise<{ any: boolean; admin: boolean }> {
    const usable = (await this.list()).filter((row) => this.#isUsable(row));
    return { any: usable.length > 0 || this.#deps.configured.length > 0, admin: usable.some((row) => row.makesAdmin) };
  }

  list(): Promise<RegistrationTokenRow[]> {
    return this.#deps.reader.registrationTokens({ sessionsSince: this.#sessionsSince() });
  }

  async get(token: string): Promise<RegistrationTokenRow | null> {
    // The database refuses NUL.
    if (token.includes('\0')) return null;
    const rows = await this.#deps.reader.registrationTokens({ token, sessionsSince: this.#sessionsSince() });
    return rows[0] ?? null;
  }

  /** Null when the token exists. Without `token` one is made. */
  async create(limits: RegistrationTokenLimits & { token?: string; length?: number }): Promise<string | null> {
    const { clock, rng, transactor } = this.#deps;
    const token = limits.token ?? rng.token(limits.length ?? GENERATED_LENGTH);
    const { usesAllowed, expiryTs } = limits;
    const made = await transactor.createRegistrationToken({ token, usesAllowed, expiryTs, makesAdmin: false, now: clock.now() });
    return made ? token : null;
  }

  update(token: string, change: Partial<RegistrationTokenLimits>): Promise<boolean> {
    return this.#deps.transactor.updateRegistrationToken(token, change);
  }

  delete(token: string): Promise<boolean> {
    return this.#deps.transactor.deleteRegistrationToken(token);
  }

  /**
   * A server without accounts gets a token for one registration that makes an administrator; a new one at each start, so
   * that only the latest log shows one that works. Null when there are accounts: then a token that is left over ends.
   */
  async firstAdminToken(): Promise<string | null> {
    const { clock, reader, rng, transactor } = this.#deps;
    await transactor.deleteAdminRegistrationTokens();
    if (await reader.hasAccounts()) return null;
    const token = rng.token(FIRST_ADMIN_TOKEN_LENGTH);
    await transactor.createRegistrationToken({ token, usesAllowed: 1, expiryTs: null, makesAdmin: true, now: clock.now() });
    return token;
  }

  #isUsable(row: RegistrationTokenRow): boolean {
    if (row.expiryTs !== null && row.expiryTs <= this.#deps.clock.now()) return false;
    return row.usesAllowed === null || row.completed + row.pending < row.usesAllowed;
  }

  #sessionsSince(): number {
    return this.#deps.clock.now() - UIA_SESSION_LIFETIME_MS;
  }
}

export function isRegistrationTokenWellFormed(token: string): boolean {
  return TOKEN.test(token);
}
