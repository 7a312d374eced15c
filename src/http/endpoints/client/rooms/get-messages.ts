import { reply } from '../../../../plugin-api/endpoint.ts';
import type { TimelineToken } from '../../../../rooms/room-reader.ts';
import { isBefore, pageEvents, placeAtPosition, placeBeyond, TIMELINE_START } from '../../../../rooms/service/page-events.ts';
import { type RoomAccess, roomAccess } from '../../../../rooms/service/room-access.ts';
import { formatTimelineToken } from '../../../../rooms/timeline-token.ts';
import { readDirection, readLimit, readPlace } from './page-query.ts';
import { roomEndpoint, viewerOf } from './room-endpoint.ts';
import { membersBehind, readEventFilter, shownTo } from './shown-events.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmessages */
export const getMessages = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/rooms/:roomId/messages',
  auth: 'guest',
  handler: async ({ deps, requester, params, query }) => {
    const { roomId } = params;
    const { userId } = requester;
    // First of all: people outside learn nothing, not even that their request was malformed.
    const access = await roomAccess(deps.reader, { roomId, userId });
    const dir = readDirection(query);
    const limit = readLimit(query);
    const filter = readEventFilter(query);
    const { view } = access;
    const end = await lastPlace(access);
    const from = (await readPlace(query, 'from', view)) ?? (dir === 'b' ? end : TIMELINE_START);
    const to = await readPlace(query, 'to', view);
    const { events, next } = await pageEvents({
      view,
      // Nothing behind a departure can be seen: no need to look there.
      from: dir === 'b' && isBefore(end, from) ? end : from,
      to: dir === 'f' && (to === null || isBefore(end, to)) ? end : (to ?? undefined),
      dir,
      limit,
      keep: await shownTo(deps, { userId, roomId, filter }),
    });
    const viewer = viewerOf(requester);
    const chunk = await deps.serializer.serialize({ viewer, roomId, events });
    const [newest] = events;
    const members = filter.lazyLoadMembers ? await membersBehind(deps, view, newest?.sg ?? access.sg, events) : [];
    const state = await deps.serializer.serialize({ viewer, roomId, events: members, withPrevious: false });
    const parts = [`"chunk":[${chunk.join(',')}]`, `"start":${JSON.stringify(query.get('from') || formatTimelineToken(from))}`];
    if (next !== null) parts.push(`"end":"${formatTimelineToken(next)}"`);
    if (state.length > 0) parts.push(`"state":[${state.join(',')}]`);
    return reply({ status: 200, body: `{${parts.join(',')}}` });
  },
});

/** Behind the last event that can be of interest to the reader. */
async function lastPlace({ view, departure, visibility }: RoomAccess): Promise<TimelineToken> {
  if (departure !== null && visibility !== 'world_readable') return placeBeyond(departure, 'f');
  return placeAtPosition(view, Number.MAX_SAFE_INTEGER);
}
