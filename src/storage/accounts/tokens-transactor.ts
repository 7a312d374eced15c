import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import type { Database, Transaction } from '../../plugin-api/commit.ts';

export interface NewTokens {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly accessHash: Buffer;
  readonly accessExpiresTs: number | null;
  /** Null for clients that do not refresh. */
  readonly refresh: { readonly hash: Buffer; readonly expiresTs: number | null } | null;
  readonly now: number;
}

/** Writes to access, refresh, login and OpenID tokens. Every method is one transaction. */
export class TokensTransactor {
  readonly #sql: Database;

  constructor(sql: Database) {
    this.#sql = sql;
  }

  /**
   * Makes the device if it is new, revokes whatever tokens it had and gives it new ones.
   * `isNewDevice` is false for a known device, whose name is kept.
   */
  async signIn(tokens: NewTokens & { displayName: string | null }): Promise<{ isNewDevice: boolean }> {
    const { userId, deviceId, displayName, now } = tokens;
    return this.#sql.begin(async (tx) => {
      const made = await tx`
        insert into device (user_id, device_id, display_name, created_ts) values (${userId}, ${deviceId}, ${displayName}, ${now})
        on conflict do nothing returning 1`;
      if (made.length === 0) {
        await tx`delete from access_token where user_id = ${userId} and device_id = ${deviceId}`;
        await tx`delete from refresh_token where user_id = ${userId} and device_id = ${deviceId}`;
      }
      await insertTokens(tx, tokens, null);
      return { isNewDevice: made.length > 0 };
    });
  }

  /**
   * Gives new tokens for a refresh token, which stays valid until one of the new ones is used. Tokens that an earlier
   * refresh with the same token gave, and that were never used, go. False when the token was revoked meanwhile.
   */
  async rotate(oldRefreshId: number, tokens: NewTokens): Promise<boolean> {
    return this.#sql.begin(async (tx) => {
      const old = await tx`select 1 from refresh_token where id = ${oldRefreshId} for update`;
      if (old.length === 0) return false;
      await tx`delete from refresh_token where replaces = ${oldRefreshId}`;
      await insertTokens(tx, tokens, oldRefreshId);
      return true;
    });
  }

  /** Revokes a refresh token (and with it the access tokens issued with it) because its successor was used. */
  async revokeReplaced(refreshId: number): Promise<void> {
    await this.#sql.begin(async (tx) => {
      await tx`update refresh_token set replaces = null where replaces = ${refreshId}`;
      await tx`delete from refresh_token where id = ${refreshId}`;
    });
  }

  /** A token without a device, for an administrator who acts as the user. */
  async createDevicelessToken(options: { userId: UserId; hash: Buffer; expiresTs: number | null; now: number }): Promise<void> {
    await this.#sql`
      insert into access_token (hash, user_id, created_ts, expires_ts)
      values (${options.hash}, ${options.userId}, ${options.now}, ${options.expiresTs})`;
  }

  async deleteAccessToken(id: number): Promise<void> {
    await this.#sql`delete from access_token where id = ${id}`;
  }

  /** Tokens without a device; those with one go with their device. `keep` survives. */
  async deleteDevicelessTokens(userId: UserId, keep: number | null): Promise<void> {
    await this.#sql`
      delete from access_token where user_id = ${userId} and device_id is null and (${keep}::bigint is null or id <> ${keep}::bigint)`;
  }

  async createLoginToken(options: { hash: Buffer; userId: UserId; expiresTs: number }): Promise<void> {
    await this.#sql`insert into login_token (hash, user_id, expires_ts) values (${options.hash}, ${options.userId}, ${options.expiresTs})`;
  }

  /** Whose token it was; it cannot be used again. */
  async takeLoginToken(hash: Buffer, now: number): Promise<UserId | null> {
    const rows = await this.#sql<{ user_id: UserId; expires_ts: number }[]>`
      delete from login_token where hash = ${hash} returning user_id, expires_ts`;
    const row = rows[0];
    return row !== undefined && row.expires_ts > now ? row.user_id : null;
  }

  async createOpenidToken(options: { hash: Buffer; userId: UserId; expiresTs: number }): Promise<void> {
    await this.#sql`insert into openid_token (hash, user_id, expires_ts) values (${options.hash}, ${options.userId}, ${options.expiresTs})`;
  }
}

async function insertTokens(tx: Transaction, tokens: NewTokens, replaces: number | null): Promise<void> {
  const { userId, deviceId, accessHash, accessExpiresTs, refresh, now } = tokens;
  if (refresh === null) {
    await tx`
      insert into access_token (hash, user_id, device_id, created_ts, expires_ts)
      values (${accessHash}, ${userId}, ${deviceId}, ${now}, ${accessExpiresTs})`;
    return;
  }
  await tx`
    with r as (
      insert into refresh_token (hash, user_id, device_id, created_ts, expires_ts, replaces)
      values (${refresh.hash}, ${userId}, ${deviceId}, ${now}, ${refresh.expiresTs}, ${replaces}) returning id)
    insert into access_token (hash, user_id, device_id, created_ts, expires_ts, refresh_id)
    select ${accessHash}, ${userId}, ${deviceId}, ${now}::bigint, ${accessExpiresTs}::bigint, r.id from r`;
}
