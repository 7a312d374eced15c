import { Type } from 'typebox';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { Reason, reportingEndpoint } from './deps.ts';

/**
 * Only people in the room report its events.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreporteventid
 */
export const reportEvent = reportingEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/report/:eventId',
  auth: 'user',
  body: Type.Object({ reason: Type.Optional(Reason) }),
  bodyOptional: true,
  handler: async ({ deps, requester, params, body }) => {
    const { roomId, eventId } = params;
    const { userId } = requester;
    const joined = (await deps.rooms.membership(roomId, userId)) === 'join';
    const event = joined ? await deps.rooms.visibleEvent({ roomId, eventId, userId }) : null;
    if (event === null) throw new MatrixError('M_NOT_FOUND', 'The event was not found, or you are not in the room');
    await deps.store.add({
      receivedTs: deps.clock.now(),
      kind: 'event',
      reporter: userId,
      roomId,
      eventId,
      userId: event.sender,
      reason: body.reason ?? null,
    });
    return {};
  },
});
