import type { Sql } from 'postgres';

/** How long a transaction id is recognised. */
export const TXN_RETENTION_MS = 48 * 3_600_000;
/** How long the original of a redacted event is kept for moderators. */
const REDACTED_ORIGINAL_RETENTION_MS = 7 * 24 * 3_600_000;

/** Drops what has outlived its retention time. Answers the number of rows. */
export async function trimRooms(sql: Sql, now: number): Promise<number> {
  const txns = await sql`delete from txn_id where ts < ${now - TXN_RETENTION_MS}`;
  const originals = await sql`
    update redaction set original = null where original is not null and redacted_ts < ${now - REDACTED_ORIGINAL_RETENTION_MS}`;
  return txns.count + originals.count;
}
