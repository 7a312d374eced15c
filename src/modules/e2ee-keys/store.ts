import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import type { BatchWriter, Database, PositionedRow } from '../../plugin-api/commit.ts';

export type CrossSigningUsage = 'master' | 'self_signing' | 'user_signing';

/** The last row of each key: an upsert may not meet the same row twice in one statement. */
function lastOf<Row>(rows: readonly PositionedRow<Row>[], keyOf: (row: Row) => readonly string[]): PositionedRow<Row>[] {
  return [...new Map(rows.map((positioned) => [JSON.stringify(keyOf(positioned.row)), positioned])).values()];
}

export const deviceKeyWriter: BatchWriter<{ userId: UserId; deviceId: DeviceId; json: string }> = {
  name: 'device_key',
  write(tx, all) {
    const rows = lastOf(all, (row) => [row.userId, row.deviceId]);
    return tx`
      insert into device_key (user_id, device_id, json, pos)
      select * from unnest(
        ${rows.map(({ row }) => row.userId)}::text[], ${rows.map(({ row }) => row.deviceId)}::text[],
        ${rows.map(({ row }) => row.json)}::text[], ${rows.map(({ pos }) => pos)}::bigint[])
      on conflict (user_id, device_id) do update set json = excluded.json, pos = excluded.pos`;
  },
};

export interface PublishedKey {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly algorithm: string;
  readonly keyId: string;
  readonly json: string;
}

/** A key that has been given out before is left out: its upload is a repetition. */
export const oneTimeKeyWriter: BatchWriter<PublishedKey> = {
  name: 'one_time_key',
  write(tx, rows) {
    return tx`
      insert into one_time_key (user_id, device_id, algorithm, pos, key_id, json)
      select user_id, device_id, algorithm, pos, key_id, json
      from unnest(
        ${rows.map(({ row }) => row.userId)}::text[], ${rows.map(({ row }) => row.deviceId)}::text[],
        ${rows.map(({ row }) => row.algorithm)}::text[], ${rows.map(({ pos }) => pos)}::bigint[],
        ${rows.map(({ row }) => row.keyId)}::text[], ${rows.map(({ row }) => row.json)}::text[])
        as key(user_id, device_id, algorithm, pos, key_id, json)
      where not exists (
        select 1 from claimed_key claimed
        where claimed.user_id = key.user_id and claimed.device_id = key.device_id and claimed.algorithm = key.algorithm
          and claimed.key_id = key.key_id and claimed.json_hash = sha256(convert_to(key.json, 'UTF8')))
      on conflict do nothing`;
  },
};

/** One key per algorithm; uploading the same one again does not make it unused. */
export const fallbackKeyWriter: BatchWriter<PublishedKey> = {
  name: 'fallback_key',
  write(tx, all) {
    const rows = lastOf(all, (row) => [row.userId, row.deviceId, row.algorithm]);
    return tx`
      insert into fallback_key (user_id, device_id, algorithm, key_id, json, used)
      select *, false from unnest(
        ${rows.map(({ row }) => row.userId)}::text[], ${rows.map(({ row }) => row.deviceId)}::text[],
        ${rows.map(({ row }) => row.algorithm)}::text[], ${rows.map(({ row }) => row.keyId)}::text[],
        ${rows.map(({ row }) => row.json)}::text[])
      on conflict (user_id, device_id, algorithm) do update
      set key_id = excluded.key_id, json = excluded.json, used = fallback_key.used and fallback_key.json = excluded.json`;
  },
};

export const deviceChangeWriter: BatchWriter<{ userId: UserId; viewer: UserId | '' }> = {
  name: 'device_change',
  write(tx, rows) {
    return tx`
      insert into device_change (pos, user_id, viewer)
      select * from unnest(
        ${rows.map(({ pos }) => pos)}::bigint[], ${rows.map(({ row }) => row.userId)}::text[], ${rows.map(({ row }) => row.viewer)}::text[])
      on conflict do nothing`;
  },
};

/** Everything that a deleted device leaves behind. */
export const deviceRemover: BatchWriter<{ userId: UserId; deviceId: DeviceId }> = {
  name: 'e2ee_device_removal',
  write(tx, rows) {
    const users = rows.map(({ row }) => row.userId);
    const devices = rows.map(({ row }) => row.deviceId);
    const tables = ['device_key', 'one_time_key', 'claimed_key', 'fallback_key'].map(
      (table) => tx`
        delete from ${tx(table)} using unnest(${users}::text[], ${devices}::text[]) as gone(user_id, device_id)
        where ${tx(table)}.user_id = gone.user_id and ${tx(table)}.device_id = gone.device_id`,
    );
    const signatures = tx`
      delete from key_signature using unnest(${users}::text[], ${devices}::text[]) as gone(user_id, device_id)
      where (key_signature.user_id = gone.user_id and key_signature.target = gone.device_id)
        or (key_signature.signer = gone.user_id and key_signature.signer_key_id = 'ed25519:' || gone.device_id)`;
    return [...tables, signatures];
  },
};

export interface CrossSigningKeyRow {
  readonly userId: UserId;
  readonly usage: CrossSigningUsage;
  readonly publicKey: string;
  readonly json: string;
}

export const crossSigningKeyWriter: BatchWriter<CrossSigningKeyRow> = {
  name: 'cross_signing_key',
  write(tx, all) {
    const rows = lastOf(all, (row) => [row.userId, row.usage]);
    return tx`
      insert into cross_signing_key (user_id, usage, public_key, json, pos)
      select * from unnest(
        ${rows.map(({ row }) => row.userId)}::text[], ${rows.map(({ row }) => row.usage)}::text[],
        ${rows.map(({ row }) => row.publicKey)}::text[], ${rows.map(({ row }) => row.json)}::text[], ${rows.map(({ pos }) => pos)}::bigint[])
      on conflict (user_id, usage) do update set public_key = excluded.public_key, json = excluded.json, pos = excluded.pos`;
  },
};

/** Removes cross-signing keys by their public keys, with the signatures on them and by them. */
export const crossSigningKeyRemover: BatchWriter<{ userId: UserId; publicKey: string }> = {
  name: 'cross_signing_key_removal',
  write(tx, rows) {
    const users = rows.map(({ row }) => row.userId);
    const keys = rows.map(({ row }) => row.publicKey);
    return [
      tx`
        delete from cross_signing_key key using unnest(${users}::text[], ${keys}::text[]) as gone(user_id, public_key)
        where key.user_id = gone.user_id and key.public_key = gone.public_key`,
      tx`
        delete from key_signature using unnest(${users}::text[], ${keys}::text[]) as gone(user_id, public_key)
        where (key_signature.user_id = gone.user_id and key_signature.target = gone.public_key)
          or (key_signature.signer = gone.user_id and key_signature.signer_key_id = 'ed25519:' || gone.public_key)`,
    ];
  },
};

export interface KeySignature {
  readonly userId: UserId;
  /** Device id or public key. */
  readonly target: string;
  readonly signer: UserId;
  readonly signerKeyId: string;
  readonly signature: string;
}

export const keySignatureWriter: BatchWriter<KeySignature> = {
  name: 'key_signature',
  write(tx, all) {
    const rows = lastOf(all, (row) => [row.userId, row.target, row.signer, row.signerKeyId]);
    return tx`
      insert into key_signature (user_id, target, signer, signer_key_id, signature)
      select * from unnest(
        ${rows.map(({ row }) => row.userId)}::text[], ${rows.map(({ row }) => row.target)}::text[],
        ${rows.map(({ row }) => row.signer)}::text[], ${rows.map(({ row }) => row.signerKeyId)}::text[],
        ${rows.map(({ row }) => row.signature)}::text[])
      on conflict (user_id, target, signer, signer_key_id) do update set signature = excluded.signature`;
  },
};

/** Signatures on a device's earlier identity keys do not fit its new ones. */
export const targetSignatureRemover: BatchWriter<{ userId: UserId; target: string }> = {
  name: 'key_signature_removal',
  write(tx, rows) {
    return tx`
      delete from key_signature using unnest(${rows.map(({ row }) => row.userId)}::text[], ${rows.map(({ row }) => row.target)}::text[])
        as gone(user_id, target)
      where key_signature.user_id = gone.user_id and key_signature.target = gone.target`;
  },
};

export interface StoredDeviceKey {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly json: string;
}

export async function readDeviceKeys(db: Database, userIds: readonly UserId[]): Promise<readonly StoredDeviceKey[]> {
  return db<StoredDeviceKey[]>`
    select user_id as "userId", device_id as "deviceId", json from device_key where user_id = any(${[...userIds]}::text[])`;
}

export async function readCrossSigningKeys(db: Database, userIds: readonly UserId[]): Promise<readonly CrossSigningKeyRow[]> {
  return db<CrossSigningKeyRow[]>`
    select user_id as "userId", usage, public_key as "publicKey", json
    from cross_signing_key where user_id = any(${[...userIds]}::text[])`;
}

/** Signatures on users' keys that were made by these users themselves or by `viewer`. */
export async function readSignatures(db: Database, userIds: readonly UserId[], viewer: UserId | null): Promise<readonly KeySignature[]> {
  return db<KeySignature[]>`
    select user_id as "userId", target, signer, signer_key_id as "signerKeyId", signature
    from key_signature where user_id = any(${[...userIds]}::text[]) and (signer = user_id or signer = ${viewer ?? ''})`;
}

/** Stored one-time keys of a device among those with these ids. */
export async function readOneTimeKeys(
  db: Database,
  owner: { userId: UserId; deviceId: DeviceId },
  keys: readonly { algorithm: string; keyId: string }[],
): Promise<readonly { algorithm: string; keyId: string; json: string }[]> {
  return db<{ algorithm: string; keyId: string; json: string }[]>`
    select algorithm, key_id as "keyId", json
    from one_time_key join unnest(${keys.map((key) => key.algorithm)}::text[], ${keys.map((key) => key.keyId)}::text[])
      as wanted(algorithm, key_id) using (algorithm, key_id)
    where user_id = ${owner.userId} and device_id = ${owner.deviceId}`;
}

export async function countKeys(
  db: Database,
  userId: UserId,
  deviceId: DeviceId,
): Promise<{ oneTime: { [algorithm: string]: number }; unusedFallback: string[] }> {
  const [oneTime, fallback] = await Promise.all([
    db<{ algorithm: string; count: number }[]>`
      select algorithm, count(*) as count from one_time_key where user_id = ${userId} and device_id = ${deviceId} group by algorithm`,
    db<{ algorithm: string }[]>`
      select algorithm from fallback_key where user_id = ${userId} and device_id = ${deviceId} and not used order by algorithm`,
  ]);
  return {
    oneTime: Object.fromEntries(oneTime.map((row) => [row.algorithm, row.count])),
    unusedFallback: fallback.map((row) => row.algorithm),
  };
}

export interface Claim {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly algorithm: string;
}

/**
 * Takes the oldest unclaimed key for each claim. Keys that another claim is taking at this moment are passed over, so that claims neither
 * wait for each other nor get the same key.
 */
export async function takeOneTimeKeys(db: Database, claims: readonly Claim[], now: number): Promise<readonly PublishedKey[]> {
  return db<PublishedKey[]>`
    with claim as (
      select * from unnest(${claims.map((claim) => claim.userId)}::text[], ${claims.map((claim) => claim.deviceId)}::text[],
        ${claims.map((claim) => claim.algorithm)}::text[]) as claim(user_id, device_id, algorithm)),
    picked as (
      select key.user_id, key.device_id, key.algorithm, key.key_id from claim cross join lateral (
        select candidate.user_id, candidate.device_id, candidate.algorithm, candidate.key_id from one_time_key candidate
        where candidate.user_id = claim.user_id and candidate.device_id = claim.device_id and candidate.algorithm = claim.algorithm
          and not exists (
            select 1 from claimed_key claimed
            where claimed.user_id = candidate.user_id and claimed.device_id = candidate.device_id
              and claimed.algorithm = candidate.algorithm and claimed.key_id = candidate.key_id
              and claimed.json_hash = sha256(convert_to(candidate.json, 'UTF8')))
        order by candidate.pos, candidate.key_id limit 1 for update of candidate skip locked) key),
    taken as (
      delete from one_time_key key using picked
      where key.user_id = picked.user_id and key.device_id = picked.device_id
        and key.algorithm = picked.algorithm and key.key_id = picked.key_id
      returning key.user_id, key.device_id, key.algorithm, key.key_id, key.json),
    remembered as (
      insert into claimed_key (user_id, device_id, algorithm, key_id, json_hash, ts)
      select user_id, device_id, algorithm, key_id, sha256(convert_to(json, 'UTF8')), ${now} from taken
      on conflict (user_id, device_id, algorithm, key_id) do update set json_hash = excluded.json_hash, ts = excluded.ts)
    select user_id as "userId", device_id as "deviceId", algorithm, key_id as "keyId", json from taken`;
}

/** The fallback keys for these claims; `firstUse` where this claim is the one that used it up. */
export async function useFallbackKeys(
  db: Database,
  claims: readonly Claim[],
): Promise<readonly (PublishedKey & { readonly firstUse: boolean })[]> {
  return db<(PublishedKey & { firstUse: boolean })[]>`
    with claim as (
      select * from unnest(${claims.map((claim) => claim.userId)}::text[], ${claims.map((claim) => claim.deviceId)}::text[],
        ${claims.map((claim) => claim.algorithm)}::text[]) as claim(user_id, device_id, algorithm)),
    unused as (
      select key.user_id, key.device_id, key.algorithm, key.key_id
      from fallback_key key join claim using (user_id, device_id, algorithm)
      where not key.used order by key.user_id, key.device_id, key.algorithm for update of key skip locked),
    marked as (
      update fallback_key key set used = true from unused
      where key.user_id = unused.user_id and key.device_id = unused.device_id
        and key.algorithm = unused.algorithm and key.key_id = unused.key_id
      returning key.user_id, key.device_id, key.algorithm)
    select key.user_id as "userId", key.device_id as "deviceId", key.algorithm, key.key_id as "keyId", key.json,
      marked.user_id is not null as "firstUse"
    from fallback_key key join claim using (user_id, device_id, algorithm)
      left join marked using (user_id, device_id, algorithm)`;
}

/** Users whose keys changed in (from, to], as far as `viewer` can see the difference. */
export async function readChanges(db: Database, range: { from: number; to: number; viewer: UserId }): Promise<readonly UserId[]> {
  const rows = await db<{ userId: UserId }[]>`
    select distinct user_id as "userId" from device_change
    where pos > ${range.from} and pos <= ${range.to} and (viewer = '' or viewer = ${range.viewer})`;
  return rows.map((row) => row.userId);
}

/** Position of the newest change that everybody can see; 0 when there was none. */
export async function readLastChange(db: Database, userId: UserId): Promise<number> {
  const rows = await db<{ pos: number | null }[]>`
    select max(pos) as pos from device_change where user_id = ${userId} and viewer = ''`;
  return rows[0]?.pos ?? 0;
}

export async function forgetClaimed(db: Database, olderThan: number): Promise<void> {
  await db`delete from claimed_key where ts < ${olderThan}`;
}
