import type { ServerName, UserId } from '../core/ids/brands.ts';
import type { Rng } from '../platform/rng.ts';
import type { PasswordProviderSlot } from '../plugin-api/slots.ts';
import type { AccountsReader } from '../storage/accounts/reader.ts';
import type { AccountRow } from '../storage/accounts/rows.ts';
import type { AccountsTransactor } from '../storage/accounts/transactor.ts';
import { LimitedConcurrency } from './limited-concurrency.ts';
import { loginUserId } from './login-user-id.ts';
import {
  hashPassword,
  isPasswordHashOutdated,
  PASSWORD_HASHES_RUNNING_MAX,
  PASSWORD_HASHES_WAITING_MAX,
  PASSWORD_LENGTH_MAX,
  verifyPassword,
} from './password-hash.ts';

/** Passwords that this server keeps itself. Hashing runs outside the main thread. */
export class LocalPasswordProvider implements PasswordProviderSlot {
  readonly #reader: AccountsReader;
  readonly #transactor: AccountsTransactor;
  readonly #rng: Rng;
  readonly #serverName: ServerName;
  readonly #hashing = new LimitedConcurrency({ runningMax: PASSWORD_HASHES_RUNNING_MAX, waitingMax: PASSWORD_HASHES_WAITING_MAX });
  #decoy: Promise<string> | null = null;

  constructor(deps: { reader: AccountsReader; transactor: AccountsTransactor; rng: Rng; serverName: ServerName }) {
    this.#reader = deps.reader;
    this.#transactor = deps.transactor;
    this.#rng = deps.rng;
    this.#serverName = deps.serverName;
  }

  async check(login: string, password: string): Promise<UserId | null> {
    if (password.length > PASSWORD_LENGTH_MAX) return null;
    const account = await this.#findAccount(login);
    const stored = account?.passwordHash ?? null;
    // An unknown name takes as long as a wrong password: otherwise the time would tell which names exist.
    const matches = await this.#hashing.run(async () => verifyPassword(password, stored ?? (await this.#decoyHash())));
    if (account === null || stored === null || !matches) return null;
    if (isPasswordHashOutdated(stored)) await this.set(account.userId, password);
    return account.userId;
  }

  async set(userId: UserId, password: string): Promise<void> {
    await this.#transactor.setPassword(userId, await this.hash(password));
  }

  hash(password: string): Promise<string> {
    return this.#hashing.run(() => hashPassword(password, this.#rng));
  }

  async #findAccount(login: string): Promise<AccountRow | null> {
    const userId = loginUserId(login, this.#serverName);
    if (userId === null) return null;
    const exact = await this.#reader.account(userId);
    if (exact !== null) return exact;
    // Two ids that differ in case only (historical accounts) have to be written exactly.
    const similar = await this.#reader.accountsIgnoringCase(userId);
    return similar.length === 1 ? (similar[0] ?? null) : null;
  }

  #decoyHash(): Promise<string> {
    this.#decoy ??= hashPassword(this.#rng.token(24), this.#rng);
    return this.#decoy;
  }
}
