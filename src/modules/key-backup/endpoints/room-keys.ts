import { endpointFactory, reply } from '../../../plugin-api/endpoint.ts';
import { parseRoom, roomText } from '../backup-keys.ts';
import { type BackupDeps, fetchKeys, removeKeys, storeKeys } from '../backups.ts';
import { BODY_BYTES_MAX } from '../limits.ts';

const defineEndpoint = endpointFactory<BackupDeps>();
const path = '/_matrix/client/v3/room_keys/keys/:roomId';

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeysroomid */
export const putRoomKeysByRoom = defineEndpoint({
  method: 'PUT',
  path,
  auth: 'user',
  body: 'json',
  bodyLimit: BODY_BYTES_MAX,
  whileSuspended: true,
  handler: ({ deps, requester, params, query, body }) =>
    storeKeys(deps, { userId: requester.userId, query, keys: parseRoom(params.roomId, body) }),
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeysroomid */
export const getRoomKeysByRoom = defineEndpoint({
  method: 'GET',
  path,
  auth: 'user',
  async handler({ deps, requester, params: { roomId }, query }) {
    return reply({ status: 200, body: roomText(await fetchKeys(deps, { userId: requester.userId, query, selection: { roomId } })) });
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keyskeysroomid */
export const deleteRoomKeysByRoom = defineEndpoint({
  method: 'DELETE',
  path,
  auth: 'user',
  whileSuspended: true,
  handler: ({ deps, requester, params: { roomId }, query }) => removeKeys(deps, { userId: requester.userId, query, selection: { roomId } }),
});
