import type { UserId } from '../../core/ids/brands.ts';
import type { Database } from '../../plugin-api/commit.ts';

export interface BackupVersion {
  readonly version: number;
  readonly algorithm: string;
  /** JSON */
  readonly authData: string;
  readonly etag: number;
  readonly count: number;
}

export interface BackedUpKey {
  readonly roomId: string;
  readonly sessionId: string;
  readonly firstMessageIndex: number;
  readonly forwardedCount: number;
  readonly isVerified: boolean;
  /** JSON */
  readonly sessionData: string;
}

/** A part of a backup: everything, one room, or one key. */
export interface KeySelection {
  readonly roomId?: string;
  readonly sessionId?: string;
}

export interface BackupState {
  readonly etag: number;
  readonly count: number;
}

const COLUMNS = ['version', 'algorithm', 'auth_data', 'etag', 'count'] as const;

interface VersionRow {
  version: number;
  algorithm: string;
  auth_data: string;
  etag: number;
  count: number;
}

function toVersion(row: VersionRow): BackupVersion {
  return { version: row.version, algorithm: row.algorithm, authData: row.auth_data, etag: row.etag, count: row.count };
}

/** The newest backup that is not deleted. */
export async function readCurrent(db: Database, userId: UserId): Promise<BackupVersion | null> {
  const [row] = await db<VersionRow[]>`
    select ${db(COLUMNS)} from key_backup where user_id = ${userId} and not deleted order by version desc limit 1`;
  return row === undefined ? null : toVersion(row);
}

export async function readVersion(db: Database, userId: UserId, version: number): Promise<BackupVersion | null> {
  const [row] = await db<VersionRow[]>`
    select ${db(COLUMNS)} from key_backup where user_id = ${userId} and version = ${version} and not deleted`;
  return row === undefined ? null : toVersion(row);
}

/** Numbers grow and are never used again. Null when the user has `max` backups already. */
export async function createVersion(
  db: Database,
  backup: { userId: UserId; algorithm: string; authData: string; max: number },
): Promise<number | null> {
  return db.begin(async (tx) => {
    await lockUser(tx as unknown as Database, backup.userId);
    const [row] = await tx<{ version: number }[]>`
      insert into key_backup (user_id, version, algorithm, auth_data)
      select ${backup.userId}, coalesce(max(version), 0) + 1, ${backup.algorithm}, ${backup.authData}
      from key_backup where user_id = ${backup.userId}
      having count(*) filter (where not deleted) < ${backup.max}
      returning version`;
    return row?.version ?? null;
  });
}

export async function updateAuthData(db: Database, backup: { userId: UserId; version: number; authData: string }): Promise<void> {
  await db`
    update key_backup set auth_data = ${backup.authData}
    where user_id = ${backup.userId} and version = ${backup.version} and not deleted`;
}

/** Deletes the keys and marks the version; false when there never was such a version. */
export async function deleteVersion(db: Database, userId: UserId, version: number): Promise<boolean> {
  return db.begin(async (tx) => {
    const result = await tx`
      update key_backup set deleted = true, count = 0, auth_data = '{}' where user_id = ${userId} and version = ${version}`;
    if (result.count === 0) return false;
    await tx`delete from key_backup_session where user_id = ${userId} and version = ${version}`;
    return true;
  });
}

export async function deleteAllOf(db: Database, userId: UserId): Promise<void> {
  await db.begin(async (tx) => {
    await tx`update key_backup set deleted = true, count = 0, auth_data = '{}' where user_id = ${userId}`;
    await tx`delete from key_backup_session where user_id = ${userId}`;
  });
}

export type PutResult =
  | { readonly kind: 'stored'; readonly state: BackupState }
  /** Not the newest backup; `current` is null when there is none at all. */
  | { readonly kind: 'wrongVersion'; readonly current: number | null }
  | { readonly kind: 'full' };

/**
 * Stores keys in the newest backup. Of two keys for a session the verified one is kept, then the one with the lower first message index,
 * then the one with the lower forwarded count; the number behind the etag grows when something was stored or replaced.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#server-side-key-backups
 */
export async function putKeys(
  db: Database,
  request: { userId: UserId; version: number; keys: readonly BackedUpKey[]; max: number },
): Promise<PutResult> {
  const { userId, version, keys } = request;
  return db.begin(async (transaction): Promise<PutResult> => {
    const tx = transaction as unknown as Database;
    await lockUser(tx, userId);
    const current = await readCurrent(tx, userId);
    if (current?.version !== version) return { kind: 'wrongVersion', current: current?.version ?? null };
    if (current.count + keys.length > request.max && (await countNew(tx, request)) + current.count > request.max) return { kind: 'full' };
    // Verification travels as a number: the driver takes an array of booleans for a single one.
    const changed = await tx<{ added: boolean }[]>`
      insert into key_backup_session as old
        (user_id, version, room_id, session_id, first_message_index, forwarded_count, is_verified, session_data)
      select ${userId}, ${version}, key.room_id, key.session_id, key.first_message_index, key.forwarded_count, key.verified = 1, key.session_data
      from unnest(
        ${keys.map((key) => key.roomId)}::text[], ${keys.map((key) => key.sessionId)}::text[],
        ${keys.map((key) => key.firstMessageIndex)}::bigint[], ${keys.map((key) => key.forwardedCount)}::bigint[],
        ${keys.map((key) => (key.isVerified ? 1 : 0))}::int[], ${keys.map((key) => key.sessionData)}::text[])
        as key(room_id, session_id, first_message_index, forwarded_count, verified, session_data)
      on conflict (user_id, version, room_id, session_id) do update
      set first_message_index = excluded.first_message_index, forwarded_count = excluded.forwarded_count,
        is_verified = excluded.is_verified, session_data = excluded.session_data
      where (not excluded.is_verified, excluded.first_message_index, excluded.forwarded_count)
        < (not old.is_verified, old.first_message_index, old.forwarded_count)
      -- A row that an upsert made, and not one that it changed, has never been locked.
      returning xmax = 0 as added`;
    if (changed.length === 0) return { kind: 'stored', state: current };
    return { kind: 'stored', state: await bump(tx, { userId, version, added: changed.filter((row) => row.added).length }) };
  });
}

export async function readKeys(
  db: Database,
  backup: { userId: UserId; version: number; selection: KeySelection },
): Promise<readonly BackedUpKey[]> {
  return db<BackedUpKey[]>`
    select room_id as "roomId", session_id as "sessionId", first_message_index as "firstMessageIndex",
      forwarded_count as "forwardedCount", is_verified as "isVerified", session_data as "sessionData"
    from key_backup_session where user_id = ${backup.userId} and version = ${backup.version} ${selected(db, backup.selection)}
    order by room_id, session_id`;
}

/** Null when there is no such backup. */
export async function deleteKeys(
  db: Database,
  backup: { userId: UserId; version: number; selection: KeySelection },
): Promise<BackupState | null> {
  const { userId, version, selection } = backup;
  return db.begin(async (transaction) => {
    const tx = transaction as unknown as Database;
    await lockUser(tx, userId);
    const known = await readVersion(tx, userId, version);
    if (known === null) return null;
    const { count } = await tx`
      delete from key_backup_session where user_id = ${userId} and version = ${version} ${selected(tx, selection)}`;
    return count === 0 ? known : bump(tx, { userId, version, added: -count });
  });
}

function selected(db: Database, { roomId, sessionId }: KeySelection) {
  if (roomId === undefined) return db``;
  return sessionId === undefined ? db`and room_id = ${roomId}` : db`and room_id = ${roomId} and session_id = ${sessionId}`;
}

async function bump(tx: Database, change: { userId: UserId; version: number; added: number }): Promise<BackupState> {
  const [row] = await tx<BackupState[]>`
    update key_backup set etag = etag + 1, count = count + ${change.added}
    where user_id = ${change.userId} and version = ${change.version} returning etag, count`;
  if (row === undefined) throw new Error('a locked key backup vanished');
  return row;
}

async function countNew(tx: Database, { userId, version, keys }: { userId: UserId; version: number; keys: readonly BackedUpKey[] }) {
  const [row] = await tx<{ n: number }[]>`
    select count(*) as n from unnest(${keys.map((key) => key.roomId)}::text[], ${keys.map((key) => key.sessionId)}::text[])
      as wanted(room_id, session_id)
    where not exists (
      select 1 from key_backup_session stored
      where stored.user_id = ${userId} and stored.version = ${version}
        and stored.room_id = wanted.room_id and stored.session_id = wanted.session_id)`;
  return row?.n ?? 0;
}

/** One writer at a time for a user's backups, the first one (when there is no row to lock yet) included. */
async function lockUser(tx: Database, userId: UserId): Promise<void> {
  await tx`select pg_advisory_xact_lock(hashtextextended('key_backup ' || ${userId}::text, 0))`;
}
