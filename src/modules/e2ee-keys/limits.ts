/** One-time or fallback keys in one upload. */
export const KEYS_PER_UPLOAD_MAX = 1_000;
/** Unclaimed one-time keys of one device; clients keep 50 to 100. */
export const ONE_TIME_KEYS_PER_DEVICE_MAX = 5_000;
/** Algorithms for which one device keeps fallback keys. */
export const FALLBACK_ALGORITHMS_MAX = 20;
/** Bytes of one key object as JSON. */
export const KEY_BYTES_MAX = 65_536;
/** Users in one query. */
export const QUERY_USERS_MAX = 10_000;
/** Devices in one claim. */
export const CLAIM_DEVICES_MAX = 10_000;
/** Keys in one upload of signatures. */
export const SIGNED_KEYS_MAX = 1_000;
/** Bytes of a request. */
export const BODY_BYTES_MAX = 10 * 1024 * 1024;
/** Memory for the key counts of devices that sync. */
export const COUNTS_BYTES_MAX = 16 * 1024 * 1024;
/** Device list changes kept in memory; a sync that starts before them asks the database. */
export const RECENT_CHANGES_MAX = 20_000;
/** How long a claimed key is remembered, so that a late repetition of its upload does not bring it back. */
export const CLAIMED_KEPT_MS = 14 * 24 * 3600 * 1000;
/** Between two sweeps of claimed keys. */
export const SWEEP_MS = 6 * 3600 * 1000;
