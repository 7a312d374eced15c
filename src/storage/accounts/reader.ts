import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import type { Database } from '../../plugin-api/commit.ts';
import type {
  AccessTokenRow,
  AccountQuery,
  AccountRow,
  DeviceRow,
  RefreshTokenRow,
  RegistrationTokenRow,
  ThreepidRow,
  UiaSessionRow,
} from './rows.ts';

/** All reads of accounts, devices and tokens. Hashes are SHA-256 of the token's text. */
export class AccountsReader {
  readonly #sql: Database;

  constructor(sql: Database) {
    this.#sql = sql;
  }

  async account(userId: UserId): Promise<AccountRow | null> {
    const rows = await this.#sql<AccountRow[]>`select ${this.#accountColumns()} from account where user_id = ${userId}`;
    return rows[0] ?? null;
  }

  /** Accounts whose id differs from this one in case only; used when the exact id does not exist. */
  async accountsIgnoringCase(userId: string): Promise<AccountRow[]> {
    return this.#sql<AccountRow[]>`select ${this.#accountColumns()} from account where lower(user_id) = lower(${userId}) limit 2`;
  }

  async accounts(query: AccountQuery): Promise<{ accounts: AccountRow[]; total: number }> {
    const { search = null, guests = null, deactivated = null, admins = null, from, limit } = query;
    const where = this.#sql`
      (${search}::text is null or strpos(lower(user_id), lower(${search}::text)) > 0)
      and (${guests}::bool is null or is_guest = ${guests}::bool)
      and (${admins}::bool is null or is_admin = ${admins}::bool)
      and (${deactivated}::bool is null or (deactivated_ts is not null) = ${deactivated}::bool)`;
    const [accounts, totals] = await Promise.all([
      this.#sql<AccountRow[]>`select ${this.#accountColumns()} from account where ${where} order by user_id offset ${from} limit ${limit}`,
      this.#sql<{ total: number }[]>`select count(*)::int as total from account where ${where}`,
    ]);
    return { accounts: [...accounts], total: totals[0]?.total ?? 0 };
  }

  async guestsAmong(userIds: readonly UserId[]): Promise<UserId[]> {
    const rows = await this.#sql<{ userId: UserId }[]>`
      select user_id as "userId" from account where is_guest and user_id = any(${[...userIds]}::text[])`;
    return rows.map((row) => row.userId);
  }

  /** Whether there is any account that a person could sign in to. */
  async hasAccounts(): Promise<boolean> {
    const rows = await this.#sql`select 1 from account where not is_guest and appservice_id is null limit 1`;
    return rows.length > 0;
  }

  async devices(userId: UserId): Promise<DeviceRow[]> {
    return this.#sql<DeviceRow[]>`select ${this.#deviceColumns()} from device where user_id = ${userId} order by device_id`;
  }

  async device(userId: UserId, deviceId: DeviceId): Promise<DeviceRow | null> {
    const rows = await this.#sql<DeviceRow[]>`
      select ${this.#deviceColumns()} from device where user_id = ${userId} and device_id = ${deviceId}`;
    return rows[0] ?? null;
  }

  async accessToken(hash: Buffer): Promise<AccessTokenRow | null> {
    const rows = await this.#sql<AccessTokenRow[]>`
      select t.id, t.user_id as "userId", t.device_id as "deviceId", t.expires_ts as "expiresTs", a.is_guest as "isGuest",
        a.is_admin as "isAdmin", a.locked, a.suspended, a.deactivated_ts is not null as deactivated,
        r.replaces as "replacesRefreshId", d.last_seen_ts as "lastSeenTs"
      from access_token t join account a using (user_id)
        left join refresh_token r on r.id = t.refresh_id
        left join device d on d.user_id = t.user_id and d.device_id = t.device_id
      where t.hash = ${hash}`;
    return rows[0] ?? null;
  }

  async refreshToken(hash: Buffer): Promise<RefreshTokenRow | null> {
    const rows = await this.#sql<RefreshTokenRow[]>`
      select r.id, r.user_id as "userId", r.device_id as "deviceId", r.expires_ts as "expiresTs", r.replaces,
        a.locked, a.deactivated_ts is not null as deactivated
      from refresh_token r join account a using (user_id) where r.hash = ${hash}`;
    return rows[0] ?? null;
  }

  async openidUser(hash: Buffer, now: number): Promise<UserId | null> {
    const rows = await this.#sql<{ userId: UserId }[]>`
      select user_id as "userId" from openid_token where hash = ${hash} and expires_ts > ${now}`;
    return rows[0]?.userId ?? null;
  }

  /** `sessionsSince` bounds which sign-ups count as under way. */
  async registrationTokens(options: { token?: string; sessionsSince: number }): Promise<RegistrationTokenRow[]> {
    const { token = null, sessionsSince } = options;
    return this.#sql<RegistrationTokenRow[]>`
      select token, uses_allowed as "usesAllowed", completed, expiry_ts as "expiryTs", makes_admin as "makesAdmin",
        (select count(*)::int from uia_session s where s.registration_token = t.token and s.created_ts > ${sessionsSince}) as pending
      from registration_token t where ${token}::text is null or token = ${token}::text order by created_ts, token`;
  }

  async uiaSession(id: string): Promise<UiaSessionRow | null> {
    const rows = await this.#sql<UiaSessionRow[]>`
      select id, action, user_id as "userId", created_ts as "createdTs", completed, registration_token as "registrationToken", data
      from uia_session where id = ${id}`;
    return rows[0] ?? null;
  }

  async threepids(userId: UserId): Promise<ThreepidRow[]> {
    return this.#sql<ThreepidRow[]>`
      select medium, address, validated_ts as "validatedTs", added_ts as "addedTs" from threepid
      where user_id = ${userId} order by added_ts, medium, address`;
  }

  async threepidOwner(medium: string, address: string): Promise<UserId | null> {
    const rows = await this.#sql<{ userId: UserId }[]>`
      select user_id as "userId" from threepid where medium = ${medium} and address = ${address}`;
    return rows[0]?.userId ?? null;
  }

  #accountColumns() {
    return this.#sql`user_id as "userId", password_hash as "passwordHash", is_guest as "isGuest", is_admin as "isAdmin",
      created_ts as "createdTs", deactivated_ts as "deactivatedTs", erased, locked, suspended, appservice_id as "appserviceId"`;
  }

  #deviceColumns() {
    return this.#sql`device_id as "deviceId", display_name as "displayName", created_ts as "createdTs", last_seen_ts as "lastSeenTs",
      last_seen_ip as "lastSeenIp", last_seen_agent as "lastSeenAgent"`;
  }
}
