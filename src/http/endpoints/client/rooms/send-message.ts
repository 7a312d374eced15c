import { parseEventId } from '../../../../core/ids/event-id.ts';
import { sendRedaction } from './redact-event.ts';
import { roomEndpoint, txnScopeOf } from './room-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid */
export const sendMessage = roomEndpoint({
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/:roomId/send/:eventType/:txnId',
  auth: 'guest',
  limit: 'message',
  body: 'json',
  handler: async ({ deps, requester, params, query, body }) => {
    const { redacts, ...content } = body;
    const target = params.eventType === 'm.room.redaction' ? parseEventId(redacts) : null;
    if (target !== null) return sendRedaction(deps, requester, { roomId: params.roomId, target, txnId: params.txnId, content });
    const ts = requester.appserviceId === null ? null : query.get('ts');
    const { eventId } = await deps.rooms.send({
      roomId: params.roomId,
      sender: requester.userId,
      type: params.eventType,
      content: body,
      txn: { scope: txnScopeOf(requester), id: params.txnId },
      ...(ts !== null && Number.isSafeInteger(Number(ts)) ? { originServerTs: Number(ts) } : {}),
    });
    return { event_id: eventId };
  },
});
