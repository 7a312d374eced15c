import { endpointFactory, reply } from '../../../plugin-api/endpoint.ts';
import { parseRooms, roomsText } from '../backup-keys.ts';
import { type BackupDeps, fetchKeys, removeKeys, storeKeys } from '../backups.ts';
import { BODY_BYTES_MAX } from '../limits.ts';

const defineEndpoint = endpointFactory<BackupDeps>();
const path = '/_matrix/client/v3/room_keys/keys';

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeys */
export const putRoomKeys = defineEndpoint({
  method: 'PUT',
  path,
  auth: 'user',
  body: 'json',
  bodyLimit: BODY_BYTES_MAX,
  whileSuspended: true,
  handler: ({ deps, requester, query, body }) => storeKeys(deps, { userId: requester.userId, query, keys: parseRooms(body) }),
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeys */
export const getRoomKeys = defineEndpoint({
  method: 'GET',
  path,
  auth: 'user',
  async handler({ deps, requester, query }) {
    return reply({ status: 200, body: roomsText(await fetchKeys(deps, { userId: requester.userId, query, selection: {} })) });
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keyskeys */
export const deleteRoomKeys = defineEndpoint({
  method: 'DELETE',
  path,
  auth: 'user',
  whileSuspended: true,
  handler: ({ deps, requester, query }) => removeKeys(deps, { userId: requester.userId, query, selection: {} }),
});
