import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import type { Database } from '../../plugin-api/commit.ts';
import type { UiaSessionRow } from './rows.ts';

export interface NewAccount {
  readonly userId: UserId;
  readonly passwordHash: string | null;
  readonly isGuest: boolean;
  readonly isAdmin: boolean;
  readonly appserviceId: string | null;
  readonly termsVersion: string | null;
  readonly now: number;
}

/** The flags of an account that administrators set. */
export interface AccountFlags {
  readonly isAdmin?: boolean;
  readonly locked?: boolean;
  readonly suspended?: boolean;
}

/** All writes to accounts and what belongs to them, except tokens (`TokensTransactor`). Every method is one transaction. */
export class AccountsTransactor {
  readonly #sql: Database;

  constructor(sql: Database) {
    this.#sql = sql;
  }

  /** False when the id is taken. A registration token that is used up or expired meanwhile gives `'token'` and no account. */
  async createAccount(account: NewAccount, registrationToken?: string): Promise<boolean | 'token'> {
    return this.#sql.begin(async (tx) => {
      let makesAdmin = false;
      if (registrationToken !== undefined) {
        const used = await tx<{ makes_admin: boolean }[]>`
          update registration_token set completed = completed + 1
          where token = ${registrationToken} and (uses_allowed is null or completed < uses_allowed)
            and (expiry_ts is null or expiry_ts > ${account.now})
          returning makes_admin`;
        if (used[0] === undefined) return 'token' as const;
        makesAdmin = used[0].makes_admin;
      }
      const made = await tx`
        insert into account (user_id, password_hash, is_guest, is_admin, created_ts, appservice_id, terms_version)
        values (${account.userId}, ${account.passwordHash}, ${account.isGuest}, ${account.isAdmin || makesAdmin}, ${account.now},
          ${account.appserviceId}, ${account.termsVersion})
        on conflict do nothing returning 1`;
      if (made.length === 0 && registrationToken !== undefined) {
        await tx`update registration_token set completed = completed - 1 where token = ${registrationToken}`;
      }
      return made.length > 0;
    });
  }

  async setPassword(userId: UserId, passwordHash: string | null): Promise<void> {
    await this.#sql`update account set password_hash = ${passwordHash} where user_id = ${userId}`;
  }

  async setFlags(userId: UserId, flags: AccountFlags): Promise<void> {
    const { isAdmin = null, locked = null, suspended = null } = flags;
    await this.#sql`
      update account set is_admin = coalesce(${isAdmin}::bool, is_admin), locked = coalesce(${locked}::bool, locked),
        suspended = coalesce(${suspended}::bool, suspended)
      where user_id = ${userId}`;
  }

  /**
   * Takes away everything that lets somebody in: password, devices with their tokens, third-party ids. The account stays,
   * so that its id is never given to anybody else. Returns the devices that went; null when it was deactivated before.
   */
  async deactivate(options: { userId: UserId; erase: boolean; now: number }): Promise<DeviceId[] | null> {
    const { userId, erase, now } = options;
    return this.#sql.begin(async (tx) => {
      const done = await tx`
        update account set deactivated_ts = ${now}, erased = ${erase}, password_hash = null, is_admin = false
        where user_id = ${userId} and deactivated_ts is null returning 1`;
      if (done.length === 0) {
        // A second call may still ask for erasure.
        if (erase) await tx`update account set erased = true where user_id = ${userId}`;
        return null;
      }
      await tx`delete from access_token where user_id = ${userId}`;
      await tx`delete from threepid where user_id = ${userId}`;
      await tx`delete from login_token where user_id = ${userId}`;
      await tx`delete from openid_token where user_id = ${userId}`;
      const devices = await tx<{ device_id: DeviceId }[]>`delete from device where user_id = ${userId} returning device_id`;
      return devices.map((row) => row.device_id);
    });
  }

  async reactivate(userId: UserId, passwordHash: string | null): Promise<void> {
    await this.#sql`
      update account set deactivated_ts = null, erased = false, password_hash = ${passwordHash}
      where user_id = ${userId} and deactivated_ts is not null`;
  }

  /** Deletes an account for good: only for one that never got beyond its creation. */
  async deleteAccount(userId: UserId): Promise<void> {
    await this.#sql`delete from account where user_id = ${userId}`;
  }

  /** True when the device was made, false when it was there (its name is kept then). */
  async ensureDevice(options: { userId: UserId; deviceId: DeviceId; displayName: string | null; now: number }): Promise<boolean> {
    const { userId, deviceId, displayName, now } = options;
    const made = await this.#sql`
      insert into device (user_id, device_id, display_name, created_ts) values (${userId}, ${deviceId}, ${displayName}, ${now})
      on conflict do nothing returning 1`;
    return made.length > 0;
  }

  /** False when there is no such device. */
  async renameDevice(options: { userId: UserId; deviceId: DeviceId; displayName: string | null }): Promise<boolean> {
    const { userId, deviceId, displayName } = options;
    const renamed = await this.#sql`
      update device set display_name = ${displayName} where user_id = ${userId} and device_id = ${deviceId} returning 1`;
    return renamed.length > 0;
  }

  /** Deletes devices with their tokens; returns those that existed. `deviceIds` null: all of them, except `keep`. */
  async deleteDevices(options: { userId: UserId; deviceIds: readonly DeviceId[] | null; keep?: DeviceId | null }): Promise<DeviceId[]> {
    const { userId, deviceIds, keep = null } = options;
    const ids = deviceIds === null ? null : [...deviceIds];
    const rows = await this.#sql<{ device_id: DeviceId }[]>`
      delete from device where user_id = ${userId} and (${ids}::text[] is null or device_id = any(${ids}::text[]))
        and (${keep}::text is null or device_id <> ${keep}::text)
      returning device_id`;
    return rows.map((row) => row.device_id);
  }

  /** Last-seen of many devices. A crash may lose it. */
  async markSeen(seen: readonly { userId: UserId; deviceId: DeviceId; ts: number; ip: string; userAgent: string }[]): Promise<void> {
    await this.#sql.begin(async (tx) => {
      await tx`set local synchronous_commit = off`;
      await tx`
        update device d set last_seen_ts = s.ts, last_seen_ip = s.ip, last_seen_agent = s.agent
        from unnest(${seen.map((s) => s.userId)}::text[], ${seen.map((s) => s.deviceId)}::text[], ${seen.map((s) => s.ts)}::bigint[],
          ${seen.map((s) => s.ip)}::text[], ${seen.map((s) => s.userAgent)}::text[]) as s(user_id, device_id, ts, ip, agent)
        where d.user_id = s.user_id and d.device_id = s.device_id and (d.last_seen_ts is null or d.last_seen_ts < s.ts)`;
    });
  }

  /** False when the token exists. */
  async createRegistrationToken(options: {
    token: string;
    usesAllowed: number | null;
    expiryTs: number | null;
    makesAdmin: boolean;
    now: number;
  }): Promise<boolean> {
    const { token, usesAllowed, expiryTs, makesAdmin, now } = options;
    const made = await this.#sql`
      insert into registration_token (token, uses_allowed, expiry_ts, makes_admin, created_ts)
      values (${token}, ${usesAllowed}, ${expiryTs}, ${makesAdmin}, ${now}) on conflict do nothing returning 1`;
    return made.length > 0;
  }

  /** Undefined leaves a field as it is, null removes the limit. False when there is no such token. */
  async updateRegistrationToken(token: string, change: { usesAllowed?: number | null; expiryTs?: number | null }): Promise<boolean> {
    const changed = await this.#sql`
      update registration_token set
        uses_allowed = case when ${change.usesAllowed !== undefined} then ${change.usesAllowed ?? null}::int else uses_allowed end,
        expiry_ts = case when ${change.expiryTs !== undefined} then ${change.expiryTs ?? null}::bigint else expiry_ts end
      where token = ${token} returning 1`;
    return changed.length > 0;
  }

  async deleteRegistrationToken(token: string): Promise<boolean> {
    const gone = await this.#sql`delete from registration_token where token = ${token} returning 1`;
    return gone.length > 0;
  }

  /** Removes tokens that make administrators, once there is one (or to make a new one at the next start). */
  async deleteAdminRegistrationTokens(): Promise<void> {
    await this.#sql`delete from registration_token where makes_admin`;
  }

  async createUiaSession(session: Pick<UiaSessionRow, 'id' | 'action' | 'userId' | 'createdTs'>): Promise<void> {
    await this.#sql`
      insert into uia_session (id, action, user_id, created_ts)
      values (${session.id}, ${session.action}, ${session.userId}, ${session.createdTs})`;
  }

  /** Adds a completed stage. False when the session is gone. */
  async completeUiaStage(options: { id: string; stage: string; registrationToken?: string }): Promise<boolean> {
    const { id, stage, registrationToken = null } = options;
    const done = await this.#sql`
      update uia_session set completed = case when ${stage} = any(completed) then completed else completed || ${stage}::text end,
        registration_token = coalesce(${registrationToken}, registration_token)
      where id = ${id} returning 1`;
    return done.length > 0;
  }

  async setUiaData(id: string, data: string): Promise<void> {
    await this.#sql`update uia_session set data = ${data} where id = ${id}`;
  }

  /** A finished session cannot be used again: true for exactly one caller. */
  async endUiaSession(id: string): Promise<boolean> {
    const gone = await this.#sql`delete from uia_session where id = ${id} returning 1`;
    return gone.length > 0;
  }

  async addThreepid(options: { medium: string; address: string; userId: UserId; now: number }): Promise<boolean> {
    const { medium, address, userId, now } = options;
    const added = await this.#sql`
      insert into threepid (medium, address, user_id, validated_ts, added_ts) values (${medium}, ${address}, ${userId}, ${now}, ${now})
      on conflict (medium, address) do update set validated_ts = excluded.validated_ts where threepid.user_id = excluded.user_id
      returning 1`;
    return added.length > 0;
  }

  async deleteThreepid(options: { medium: string; address: string; userId: UserId }): Promise<void> {
    await this.#sql`
      delete from threepid where medium = ${options.medium} and address = ${options.address} and user_id = ${options.userId}`;
  }

  /** Forgets what has expired. */
  async sweep(options: { now: number; uiaSessionsBefore: number }): Promise<void> {
    await this.#sql`delete from uia_session where created_ts < ${options.uiaSessionsBefore}`;
    await this.#sql`delete from openid_token where expires_ts < ${options.now}`;
    await this.#sql`delete from login_token where expires_ts < ${options.now}`;
  }
}
