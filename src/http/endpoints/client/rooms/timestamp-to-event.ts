import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { roomAccess } from '../../../../rooms/service/room-access.ts';
import { readDirection } from './page-query.ts';
import { roomEndpoint } from './room-endpoint.ts';

/** Events that are tried when the nearest ones are not for the caller to see. */
const HIDDEN_EVENTS_MAX = 100;

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event */
export const timestampToEvent = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/rooms/:roomId/timestamp_to_event',
  aliases: ['/_matrix/client/unstable/org.matrix.msc3030/rooms/:roomId/timestamp_to_event'],
  auth: 'user',
  handler: async ({ deps, requester, params, query }) => {
    const { roomId } = params;
    const { userId } = requester;
    const dir = readDirection(query);
    const asked = readTimestamp(query.get('ts'));
    await roomAccess(deps.reader, { roomId, userId });
    let ts = asked;
    for (let tries = 0; tries < HIDDEN_EVENTS_MAX; tries++) {
      const event = await deps.rooms.nearestByTime(roomId, ts, dir);
      if (event === null) break;
      const [visible] = await deps.reader.filterVisible(userId, roomId, [event]);
      if (visible !== undefined) return { event_id: visible.eventId, origin_server_ts: visible.ts };
      ts = dir === 'b' ? event.ts - 1 : event.ts + 1;
    }
    throw new MatrixError('M_NOT_FOUND', `There is no event ${dir === 'b' ? 'before' : 'after'} ${asked}`);
  },
});

function readTimestamp(value: string | null): number {
  if (value === null) throw new MatrixError('M_MISSING_PARAM', 'ts is missing');
  if (!/^-?\d{1,15}$/.test(value)) throw new MatrixError('M_INVALID_PARAM', 'ts must be a number of milliseconds');
  return Number(value);
}
