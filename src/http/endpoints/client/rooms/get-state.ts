import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import type { RoomId } from '../../../../core/ids/brands.ts';
import type { JsonObject } from '../../../../core/json/json-value.ts';
import { stateTuple } from '../../../../core/state-res/state-map.ts';
import { type HttpReply, type Requester, reply } from '../../../../plugin-api/endpoint.ts';
import { roomAccess } from '../../../../rooms/service/room-access.ts';
import { type RoomEndpointDeps, roomEndpoint, viewerOf } from './room-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstate */
export const getRoomState = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/rooms/:roomId/state',
  auth: 'guest',
  handler: async ({ deps, requester, params }) => {
    const { roomId } = params;
    const { view, sg } = await roomAccess(deps.reader, { roomId, userId: requester.userId });
    const events = await deps.reader.eventsByNum(roomId, [...(await view.stateAt(sg)).values()]);
    const texts = await deps.serializer.serialize({
      viewer: viewerOf(requester),
      roomId,
      events,
      withPrevious: false,
      withMembership: false,
      withRelations: false,
    });
    return reply({ status: 200, body: `[${texts.join(',')}]` });
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey */
export const getStateWithKey = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/rooms/:roomId/state/:eventType/:stateKey',
  auth: 'guest',
  handler: ({ deps, requester, params, query }) =>
    readState(deps, requester, { roomId: params.roomId, type: params.eventType, stateKey: params.stateKey, format: query.get('format') }),
});

/** The same with the empty state key, which may be left out of the path, with or without its slash. */
export const getState = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/rooms/:roomId/state/:eventType',
  aliases: ['/_matrix/client/v3/rooms/:roomId/state/:eventType/'],
  auth: 'guest',
  handler: ({ deps, requester, params, query }) =>
    readState(deps, requester, { roomId: params.roomId, type: params.eventType, stateKey: '', format: query.get('format') }),
});

async function readState(
  deps: RoomEndpointDeps,
  requester: Requester,
  wanted: { roomId: RoomId; type: string; stateKey: string; format: string | null },
): Promise<JsonObject | HttpReply> {
  const { roomId, type, stateKey, format } = wanted;
  if (format !== null && format !== 'content' && format !== 'event') {
    throw new MatrixError('M_INVALID_PARAM', 'format must be content or event');
  }
  const { view, sg } = await roomAccess(deps.reader, { roomId, userId: requester.userId });
  const num = await view.stateValueAt(sg, stateTuple(type, stateKey));
  const [event] = num === undefined ? [] : await deps.reader.eventsByNum(roomId, [num]);
  if (event === undefined) throw new MatrixError('M_NOT_FOUND', 'The room has no such state');
  if (format !== 'event') return deps.rooms.content(event);
  const [body = ''] = await deps.serializer.serialize({ viewer: viewerOf(requester), roomId, events: [event] });
  return reply({ status: 200, body });
}
