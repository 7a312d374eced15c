import { Type } from 'typebox';
import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { parseRoomAlias } from '../../../../core/ids/room-alias.ts';
import { parseRoomId } from '../../../../core/ids/room-id.ts';
import type { RoomId } from '../../../../core/ids/brands.ts';
import type { RoomEndpointDeps } from './room-endpoint.ts';
import { roomEndpoint } from './room-endpoint.ts';

const JoinBody = Type.Object({ reason: Type.Optional(Type.String()) });

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3joinroomidoralias */
export const joinRoom = roomEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/join/:roomIdOrAlias',
  auth: 'guest',
  limit: 'join',
  body: JoinBody,
  bodyOptional: true,
  handler: async ({ deps, requester, params, body }) => {
    const roomId = await resolveRoom(deps, params.roomIdOrAlias);
    return join(deps, { roomId, userId: requester.userId, reason: body.reason });
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidjoin */
export const joinRoomById = roomEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/join',
  auth: 'guest',
  limit: 'join',
  body: JoinBody,
  bodyOptional: true,
  handler: ({ deps, requester, params, body }) => join(deps, { roomId: params.roomId, userId: requester.userId, reason: body.reason }),
});

async function join(
  deps: RoomEndpointDeps,
  request: { roomId: RoomId; userId: Parameters<RoomEndpointDeps['rooms']['setMembership']>[0]['target']; reason: string | undefined },
): Promise<{ room_id: RoomId }> {
  const { roomId, userId, reason } = request;
  if ((await deps.rooms.membership(roomId, userId)) !== 'join') {
    await deps.rooms.setMembership({
      roomId,
      sender: userId,
      target: userId,
      membership: 'join',
      ...(reason === undefined ? {} : { reason }),
    });
  }
  return { room_id: roomId };
}

/** The room behind a room id or an alias. @throws MatrixError `M_INVALID_PARAM`, `M_NOT_FOUND` */
export async function resolveRoom(deps: Pick<RoomEndpointDeps, 'directory'>, raw: string): Promise<RoomId> {
  const roomId = parseRoomId(raw);
  if (roomId !== null) return roomId;
  const alias = parseRoomAlias(raw);
  if (alias === null) throw new MatrixError('M_INVALID_PARAM', 'This is neither a room id nor an alias');
  const row = await deps.directory.alias(alias);
  if (row === null) throw new MatrixError('M_NOT_FOUND', 'There is no room with this alias');
  return row.roomId;
}
