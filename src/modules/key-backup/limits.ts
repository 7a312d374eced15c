/** Bytes of a request that stores keys. */
export const BODY_BYTES_MAX = 16 * 1024 * 1024;
/** Keys in one request; clients send 100 to 200. */
export const KEYS_PER_REQUEST_MAX = 10_000;
/** Keys in one backup. */
export const KEYS_PER_BACKUP_MAX = 1_000_000;
/** Bytes of one key's `session_data` as JSON. */
export const SESSION_DATA_BYTES_MAX = 65_536;
/** Bytes of a backup's `auth_data` as JSON. */
export const AUTH_DATA_BYTES_MAX = 65_536;
/** Backups that one user keeps at the same time. */
export const BACKUPS_PER_USER_MAX = 100;
