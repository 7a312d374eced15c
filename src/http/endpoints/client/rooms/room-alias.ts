import { Type } from 'typebox';
import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { parseRoomId } from '../../../../core/ids/room-id.ts';
import { roomAccess } from '../../../../rooms/service/room-access.ts';
import { roomEndpoint } from './room-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directoryroomroomalias */
export const getRoomAlias = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/directory/room/:roomAlias',
  auth: 'none',
  handler: async ({ deps, params }) => {
    const found = await deps.aliases.resolve(params.roomAlias);
    if (found === null) throw new MatrixError('M_NOT_FOUND', `There is no alias ${params.roomAlias}`);
    return { room_id: found.roomId, servers: found.servers };
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directoryroomroomalias */
export const setRoomAlias = roomEndpoint({
  method: 'PUT',
  path: '/_matrix/client/v3/directory/room/:roomAlias',
  auth: 'user',
  body: Type.Object({ room_id: Type.String() }),
  handler: async ({ deps, requester, params, body }) => {
    const roomId = parseRoomId(body.room_id);
    if (roomId === null) throw new MatrixError('M_INVALID_PARAM', 'room_id is not a room id');
    await deps.aliases.add({ alias: params.roomAlias, roomId, by: requester });
    return {};
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3directoryroomroomalias */
export const deleteRoomAlias = roomEndpoint({
  method: 'DELETE',
  path: '/_matrix/client/v3/directory/room/:roomAlias',
  auth: 'user',
  handler: async ({ deps, requester, params }) => {
    await deps.aliases.remove({ alias: params.roomAlias, by: requester });
    return {};
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidaliases */
export const getLocalAliases = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/rooms/:roomId/aliases',
  aliases: ['/_matrix/client/unstable/org.matrix.msc2432/rooms/:roomId/aliases'],
  auth: 'user',
  handler: async ({ deps, requester, params }) => {
    const { roomId } = params;
    const { membership, visibility } = await roomAccess(deps.reader, { roomId, userId: requester.userId });
    if (membership !== 'join' && visibility !== 'world_readable') throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
    return { aliases: await deps.directory.aliasesOf(roomId) };
  },
});
