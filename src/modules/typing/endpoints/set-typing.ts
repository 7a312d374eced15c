import { Type } from 'typebox';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { RoomsPort } from '../../../plugin-api/ports.ts';
import { TYPING_MS_DEFAULT, type TypingUsers } from '../typing-users.ts';

export interface TypingDeps {
  readonly typing: TypingUsers;
  readonly rooms: Pick<RoomsPort, 'membership'>;
}

/** https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidtypinguserid */
export const setTyping = endpointFactory<TypingDeps>()({
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/:roomId/typing/:userId',
  auth: 'user',
  limit: 'presence',
  body: Type.Object({ typing: Type.Boolean(), timeout: Type.Optional(Type.Integer()) }),
  handler: async ({ deps, requester, params: { roomId, userId }, body }) => {
    if (requester.userId !== userId) throw new MatrixError('M_FORBIDDEN', "Another user's typing can't be set");
    if ((await deps.rooms.membership(roomId, userId)) !== 'join') throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
    const ms = body.timeout ?? TYPING_MS_DEFAULT;
    if (body.typing && ms > 0) await deps.typing.begin(roomId, userId, ms);
    else await deps.typing.end(roomId, userId);
    return {};
  },
});
