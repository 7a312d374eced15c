import { Type } from 'typebox';
import { resolveRoom } from './join-room.ts';
import { roomEndpoint } from './room-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3knockroomidoralias */
export const knockRoom = roomEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/knock/:roomIdOrAlias',
  aliases: ['/_matrix/client/unstable/xyz.amorgan.knock/knock/:roomIdOrAlias'],
  auth: 'user',
  limit: 'join',
  body: Type.Object({ reason: Type.Optional(Type.String()) }),
  bodyOptional: true,
  handler: async ({ deps, requester, params, body }) => {
    const roomId = await resolveRoom(deps, params.roomIdOrAlias);
    await deps.rooms.setMembership({
      roomId,
      sender: requester.userId,
      target: requester.userId,
      membership: 'knock',
      ...(body.reason === undefined ? {} : { reason: body.reason }),
    });
    return { room_id: roomId };
  },
});
