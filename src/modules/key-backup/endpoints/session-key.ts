import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { isOpaque } from '../../../core/ids/sigil-id.ts';
import { endpointFactory, reply } from '../../../plugin-api/endpoint.ts';
import { keyText, parseKey } from '../backup-keys.ts';
import { type BackupDeps, fetchKeys, removeKeys, storeKeys } from '../backups.ts';
import { BODY_BYTES_MAX } from '../limits.ts';

const defineEndpoint = endpointFactory<BackupDeps>();
const path = '/_matrix/client/v3/room_keys/keys/:roomId/:sessionId';

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeysroomidsessionid */
export const putRoomKeyBySession = defineEndpoint({
  method: 'PUT',
  path,
  auth: 'user',
  body: 'json',
  bodyLimit: BODY_BYTES_MAX,
  whileSuspended: true,
  handler: ({ deps, requester, params, query, body }) =>
    storeKeys(deps, { userId: requester.userId, query, keys: [parseKey(params.roomId, params.sessionId, body)] }),
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeysroomidsessionid */
export const getRoomKeyBySession = defineEndpoint({
  method: 'GET',
  path,
  auth: 'user',
  async handler({ deps, requester, params, query }) {
    const [key] = await fetchKeys(deps, { userId: requester.userId, query, selection: selectionOf(params) });
    if (key === undefined) throw new MatrixError('M_NOT_FOUND', 'Key not found.');
    return reply({ status: 200, body: keyText(key) });
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keyskeysroomidsessionid */
export const deleteRoomKeyBySession = defineEndpoint({
  method: 'DELETE',
  path,
  auth: 'user',
  whileSuspended: true,
  handler: ({ deps, requester, params, query }) => removeKeys(deps, { userId: requester.userId, query, selection: selectionOf(params) }),
});

function selectionOf({ roomId, sessionId }: { roomId: string; sessionId: string }): { roomId: string; sessionId: string } {
  if (!isOpaque(sessionId)) throw new MatrixError('M_INVALID_PARAM', 'Not a session id');
  return { roomId, sessionId };
}
