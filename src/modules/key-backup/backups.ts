import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { Database } from '../../plugin-api/commit.ts';
import { KEYS_PER_BACKUP_MAX } from './limits.ts';
import { type BackedUpKey, type BackupState, deleteKeys, type KeySelection, putKeys, readKeys, readVersion } from './store.ts';

export interface BackupDeps {
  readonly db: Database;
}

/** @throws MatrixError `M_WRONG_ROOM_KEYS_VERSION` with `current_version`, `M_NOT_FOUND` when the user has no backup */
export async function storeKeys(
  deps: BackupDeps,
  request: { userId: UserId; query: URLSearchParams; keys: readonly BackedUpKey[] },
): Promise<JsonObject> {
  const version = requestedVersion(request.query);
  const result = await putKeys(deps.db, { userId: request.userId, version: version ?? -1, keys: request.keys, max: KEYS_PER_BACKUP_MAX });
  if (result.kind === 'stored') return stateAnswer(result.state);
  if (result.kind === 'full') throw new MatrixError('M_TOO_LARGE', `A backup has at most ${KEYS_PER_BACKUP_MAX} keys`);
  if (result.current === null) throw unknownBackup();
  throw new MatrixError('M_WRONG_ROOM_KEYS_VERSION', 'Wrong backup version.', { extra: { current_version: String(result.current) } });
}

/** @throws MatrixError `M_NOT_FOUND` when there is no such backup */
export async function fetchKeys(
  deps: BackupDeps,
  request: { userId: UserId; query: URLSearchParams; selection: KeySelection },
): Promise<readonly BackedUpKey[]> {
  const version = requestedVersion(request.query);
  const { userId, selection } = request;
  if (version === null || (await readVersion(deps.db, userId, version)) === null) throw unknownBackup();
  return readKeys(deps.db, { userId, version, selection });
}

/** @throws MatrixError `M_NOT_FOUND` when there is no such backup; keys that do not exist are no error */
export async function removeKeys(
  deps: BackupDeps,
  request: { userId: UserId; query: URLSearchParams; selection: KeySelection },
): Promise<JsonObject> {
  const version = requestedVersion(request.query);
  const { userId, selection } = request;
  const state = version === null ? null : await deleteKeys(deps.db, { userId, version, selection });
  if (state === null) throw unknownBackup();
  return stateAnswer(state);
}

/** The version that a path or query names; null when no backup can have it. */
export function parseVersion(raw: string): number | null {
  return /^[1-9]\d{0,14}$/.test(raw) ? Number(raw) : null;
}

export function unknownBackup(): MatrixError {
  return new MatrixError('M_NOT_FOUND', 'Unknown backup version');
}

function requestedVersion(query: URLSearchParams): number | null {
  const raw = query.get('version');
  if (raw === null) throw new MatrixError('M_MISSING_PARAM', 'Missing query parameter version');
  return parseVersion(raw);
}

function stateAnswer({ etag, count }: BackupState): JsonObject {
  return { etag: String(etag), count };
}
