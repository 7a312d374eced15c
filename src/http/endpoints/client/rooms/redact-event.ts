import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import type { EventId, RoomId } from '../../../../core/ids/brands.ts';
import type { JsonObject } from '../../../../core/json/json-value.ts';
import type { Requester } from '../../../../plugin-api/endpoint.ts';
import { mayRedact } from '../../../../rooms/service/room-power.ts';
import { type RoomEndpointDeps, roomEndpoint, txnScopeOf } from './room-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid */
export const redactEvent = roomEndpoint({
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/:roomId/redact/:eventId/:txnId',
  auth: 'user',
  limit: 'message',
  body: 'json',
  bodyOptional: true,
  whileSuspended: true,
  handler: ({ deps, requester, params, body }) =>
    sendRedaction(deps, requester, { roomId: params.roomId, target: params.eventId, txnId: params.txnId, content: body }),
});

/**
 * Redacts an event of this room that the caller sent or has the power over. Without this check the redaction would be accepted by the
 * rules since room version 3, and do nothing.
 *
 * @throws MatrixError `M_NOT_FOUND`, `M_FORBIDDEN`, `M_USER_SUSPENDED`
 */
export async function sendRedaction(
  deps: RoomEndpointDeps,
  requester: Requester,
  redaction: { roomId: RoomId; target: EventId; txnId: string; content: JsonObject },
): Promise<{ event_id: EventId }> {
  const { roomId, target: eventId, txnId, content } = redaction;
  const { userId } = requester;
  if (content['reason'] !== undefined && typeof content['reason'] !== 'string') {
    throw new MatrixError('M_BAD_JSON', 'reason must be a string');
  }
  if ((await deps.rooms.membership(roomId, userId)) !== 'join') throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
  const target = await deps.rooms.event(roomId, eventId);
  if (target === null) throw new MatrixError('M_NOT_FOUND', 'There is no such event in this room');
  if (requester.isSuspended && target.sender !== userId) {
    throw new MatrixError('M_USER_SUSPENDED', 'A suspended account can only redact its own events');
  }
  if (target.type === 'm.room.create') throw new MatrixError('M_FORBIDDEN', 'The create event cannot be redacted');
  if (!mayRedact(await deps.rooms.power(roomId), userId, target)) {
    throw new MatrixError('M_FORBIDDEN', "You may not redact other people's events");
  }
  const sent = await deps.rooms.send({
    roomId,
    sender: userId,
    type: 'm.room.redaction',
    content,
    redacts: eventId,
    txn: { scope: txnScopeOf(requester), id: txnId },
  });
  return { event_id: sent.eventId };
}
