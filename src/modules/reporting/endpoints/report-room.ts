import { Type } from 'typebox';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { Reason, reportingEndpoint } from './deps.ts';

/**
 * Anybody may report a room, in it or not.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreport
 */
export const reportRoom = reportingEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/report',
  aliases: ['/_matrix/client/unstable/org.matrix.msc4151/rooms/:roomId/report'],
  auth: 'user',
  body: Type.Object({ reason: Reason }),
  handler: async ({ deps, requester, params, body }) => {
    const { roomId } = params;
    if ((await deps.rooms.info(roomId)) === null) throw new MatrixError('M_NOT_FOUND', 'The room was not found');
    await deps.store.add({
      receivedTs: deps.clock.now(),
      kind: 'room',
      reporter: requester.userId,
      roomId,
      eventId: null,
      userId: null,
      reason: body.reason,
    });
    return {};
  },
});
