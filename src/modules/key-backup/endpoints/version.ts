import { Type } from 'typebox';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { isOpaque } from '../../../core/ids/sigil-id.ts';
import type { JsonObject, JsonValue } from '../../../core/json/json-value.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import { type BackupDeps, parseVersion, unknownBackup } from '../backups.ts';
import { AUTH_DATA_BYTES_MAX, BACKUPS_PER_USER_MAX } from '../limits.ts';
import { type BackupVersion, createVersion, deleteVersion, readCurrent, readVersion, updateAuthData } from '../store.ts';

const defineEndpoint = endpointFactory<BackupDeps>();
const path = '/_matrix/client/v3/room_keys/version/:version';

/** Any algorithm is taken: the server keeps what it cannot read. */
const VersionInfo = Type.Object({
  algorithm: Type.String({ minLength: 1, maxLength: 255 }),
  auth_data: Type.Object({}),
  version: Type.Optional(Type.String()),
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3room_keysversion */
export const postRoomKeysVersion = defineEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/room_keys/version',
  auth: 'user',
  body: VersionInfo,
  whileSuspended: true,
  async handler({ deps, requester, body }) {
    if (!isOpaque(body.algorithm)) throw new MatrixError('M_INVALID_PARAM', 'Not an algorithm');
    const version = await createVersion(deps.db, {
      userId: requester.userId,
      algorithm: body.algorithm,
      authData: authDataText(body.auth_data),
      max: BACKUPS_PER_USER_MAX,
    });
    if (version === null) throw new MatrixError('M_TOO_LARGE', `At most ${BACKUPS_PER_USER_MAX} backups; delete old ones first`);
    return { version: String(version) };
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keysversion */
export const getRoomKeysVersionCurrent = defineEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/room_keys/version',
  auth: 'user',
  async handler({ deps, requester }) {
    const current = await readCurrent(deps.db, requester.userId);
    if (current === null) throw new MatrixError('M_NOT_FOUND', 'No current backup version');
    return versionAnswer(current);
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keysversionversion */
export const getRoomKeysVersion = defineEndpoint({
  method: 'GET',
  path,
  auth: 'user',
  async handler({ deps, requester, params }) {
    const version = parseVersion(params.version);
    const backup = version === null ? null : await readVersion(deps.db, requester.userId, version);
    if (backup === null) throw unknownBackup();
    return versionAnswer(backup);
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keysversionversion */
export const putRoomKeysVersion = defineEndpoint({
  method: 'PUT',
  path,
  auth: 'user',
  body: VersionInfo,
  whileSuspended: true,
  async handler({ deps, requester, params, body }) {
    if (body.version !== undefined && body.version !== params.version)
      throw new MatrixError('M_INVALID_PARAM', 'The version in the body is not the one in the path');
    const version = parseVersion(params.version);
    const backup = version === null ? null : await readVersion(deps.db, requester.userId, version);
    if (backup === null) throw unknownBackup();
    if (backup.algorithm !== body.algorithm) throw new MatrixError('M_INVALID_PARAM', 'Algorithm does not match');
    await updateAuthData(deps.db, { userId: requester.userId, version: backup.version, authData: authDataText(body.auth_data) });
    return {};
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keysversionversion */
export const deleteRoomKeysVersion = defineEndpoint({
  method: 'DELETE',
  path,
  auth: 'user',
  whileSuspended: true,
  async handler({ deps, requester, params }) {
    const version = parseVersion(params.version);
    if (version === null || !(await deleteVersion(deps.db, requester.userId, version))) throw unknownBackup();
    return {};
  },
});

function authDataText(authData: object): string {
  const text = JSON.stringify(authData);
  if (Buffer.byteLength(text) > AUTH_DATA_BYTES_MAX)
    throw new MatrixError('M_TOO_LARGE', `auth_data has more than ${AUTH_DATA_BYTES_MAX} bytes`);
  return text;
}

function versionAnswer({ version, algorithm, authData, etag, count }: BackupVersion): JsonObject {
  return { version: String(version), algorithm, auth_data: JSON.parse(authData) as JsonValue, etag: String(etag), count };
}
