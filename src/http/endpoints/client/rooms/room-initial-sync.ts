import { parseRoomEventFilter } from '../../../../core/filters/parse-filter.ts';
import { reply } from '../../../../plugin-api/endpoint.ts';
import { isBefore, pageEvents, placeAtPosition, placeBeyond } from '../../../../rooms/service/page-events.ts';
import { roomAccess } from '../../../../rooms/service/room-access.ts';
import { formatTimelineToken } from '../../../../rooms/timeline-token.ts';
import { formatSyncToken } from '../../../../sync/sync-token.ts';
import { readLimit } from './page-query.ts';
import { roomEndpoint, viewerOf } from './room-endpoint.ts';
import { shownTo } from './shown-events.ts';

/**
 * A room at one moment, for looking into it without joining; `GET /events` goes on from there.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidinitialsync
 */
export const roomInitialSync = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/rooms/:roomId/initialSync',
  auth: 'guest',
  handler: async ({ deps, requester, params, query }) => {
    const { roomId } = params;
    const { userId } = requester;
    const limit = readLimit(query);
    // Taken first: what is committed from here on comes with the next request.
    const { position } = deps.waiters;
    const { view, membership, sg, departure } = await roomAccess(deps.reader, { roomId, userId });
    const now = await placeAtPosition(view, position);
    const left = departure === null ? null : placeBeyond(departure, 'f');
    const from = left !== null && isBefore(left, now) ? left : now;
    const keep = await shownTo(deps, { userId, roomId, filter: parseRoomEventFilter({}) });
    const { events, next } = await pageEvents({ view, from, dir: 'b', limit, keep });
    const viewer = viewerOf(requester);
    const [chunk, state] = await Promise.all([
      deps.serializer.serialize({ viewer, roomId, events: events.toReversed() }),
      deps.serializer.serialize({
        viewer,
        roomId,
        events: await deps.reader.eventsByNum(roomId, [...(await view.stateAt(sg)).values()]),
        withPrevious: false,
        withMembership: false,
        withRelations: false,
      }),
    ]);
    const start = next === null ? '' : `"start":"${formatTimelineToken(next)}",`;
    const visibility = (await deps.directory.isPublished(roomId)) ? 'public' : 'private';
    const parts = [
      `"room_id":${JSON.stringify(roomId)}`,
      ...(membership === null ? [] : [`"membership":"${membership}"`]),
      `"messages":{${start}"end":"${formatSyncToken(position)}","chunk":[${chunk.join(',')}]}`,
      `"state":[${state.join(',')}]`,
      `"visibility":"${visibility}"`,
    ];
    return reply({ status: 200, body: `{${parts.join(',')}}` });
  },
});
