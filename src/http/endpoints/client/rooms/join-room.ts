import { Type } from 'typebox';
import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { parseRoomAlias } from '../../../../core/ids/room-alias.ts';
import { parseRoomId } from '../../../../core/ids/room-id.ts';
import type { RoomId } from '../../../../core/ids/brands.ts';
import type { JsonObject } from '../../../../core/json/json-value.ts';
import type { Requester } from '../../../../plugin-api/endpoint.ts';
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
    return join(deps, requester, { roomId, body });
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
  handler: ({ deps, requester, params, body }) => join(deps, requester, { roomId: params.roomId, body }),
});

async function join(
  deps: RoomEndpointDeps,
  requester: Requester,
  { roomId, body }: { roomId: RoomId; body: JsonObject },
): Promise<{ room_id: RoomId }> {
  const { userId } = requester;
  if (requester.isGuest) await deps.guests.checkMayJoin(roomId);
  if ((await deps.rooms.membership(roomId, userId)) !== 'join') {
    await deps.rooms.setMembership({
      roomId,
      sender: userId,
      target: userId,
      membership: 'join',
      content: joinContent(body),
    });
  }
  return { room_id: roomId };
}

/** Further keys of the request go into the member event, as clients expect. */
function joinContent(body: JsonObject): JsonObject {
  const { third_party_signed: _signed, ...content } = body;
  return content;
}

/** The room behind a room id or an alias. @throws MatrixError `M_INVALID_PARAM`, `M_NOT_FOUND` */
export async function resolveRoom(deps: Pick<RoomEndpointDeps, 'aliases'>, raw: string): Promise<RoomId> {
  const roomId = parseRoomId(raw);
  if (roomId !== null) return roomId;
  const alias = parseRoomAlias(raw);
  if (alias === null) throw new MatrixError('M_INVALID_PARAM', 'This is neither a room id nor an alias');
  const found = await deps.aliases.resolve(alias);
  if (found === null) throw new MatrixError('M_NOT_FOUND', 'There is no room with this alias');
  return found.roomId;
}
