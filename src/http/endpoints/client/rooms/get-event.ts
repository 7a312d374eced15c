import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { reply } from '../../../../plugin-api/endpoint.ts';
import { roomEndpoint, viewerOf } from './room-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomideventeventid */
export const getEvent = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/rooms/:roomId/event/:eventId',
  auth: 'guest',
  handler: async ({ deps, requester, params }) => {
    const { roomId, eventId } = params;
    const event = await deps.rooms.visibleEvent({ roomId, eventId, userId: requester.userId });
    if (event === null) throw new MatrixError('M_NOT_FOUND', 'There is no such event, or you may not see it');
    const [body = ''] = await deps.serializer.serialize({ viewer: viewerOf(requester), roomId, events: [event] });
    return reply({ status: 200, body });
  },
});
