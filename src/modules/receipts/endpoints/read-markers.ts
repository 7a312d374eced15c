import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { EventId } from '../../../core/ids/brands.ts';
import { parseEventId } from '../../../core/ids/event-id.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import { checkJoined, fullyReadUpTo, readUpTo } from '../read-up-to.ts';
import { defineEndpoint } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidread_markers */
export const setReadMarker = defineEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/read_markers',
  auth: 'user',
  limit: 'presence',
  body: 'json',
  whileSuspended: true,
  handler: async ({ deps, requester: { userId }, params: { roomId }, body }) => {
    const fullyRead = eventIdIn(body, 'm.fully_read');
    const read = { 'm.read': eventIdIn(body, 'm.read'), 'm.read.private': eventIdIn(body, 'm.read.private') };
    await checkJoined(deps, roomId, userId);
    for (const type of ['m.read.private', 'm.read'] as const) {
      const eventId = read[type];
      if (eventId !== null) await readUpTo(deps, { roomId, userId, type, eventId, threadId: null });
    }
    if (fullyRead !== null) await fullyReadUpTo(deps, { roomId, userId, eventId: fullyRead });
    return {};
  },
});

function eventIdIn(body: JsonObject, key: string): EventId | null {
  const raw = body[key];
  if (raw === undefined || raw === null) return null;
  const eventId = parseEventId(raw);
  if (eventId === null) throw new MatrixError('M_INVALID_PARAM', `${key} must be an event id`);
  return eventId;
}
