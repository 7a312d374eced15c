import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { reply } from '../../../../plugin-api/endpoint.ts';
import type { StoredEvent } from '../../../../plugin-api/stored-event.ts';
import type { RoomView } from '../../../../rooms/room-reader.ts';
import { pageEvents, placeBeyond } from '../../../../rooms/service/page-events.ts';
import { formatTimelineToken } from '../../../../rooms/timeline-token.ts';
import { readLimit } from './page-query.ts';
import { type RoomEndpointDeps, roomEndpoint, viewerOf } from './room-endpoint.ts';
import { filteredBy, membersBehind, readEventFilter, shownTo } from './shown-events.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidcontexteventid */
export const getContext = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/rooms/:roomId/context/:eventId',
  auth: 'guest',
  handler: async ({ deps, requester, params, query }) => {
    const { roomId, eventId } = params;
    const { userId } = requester;
    const limit = readLimit(query);
    const filter = readEventFilter(query);
    const event = await deps.rooms.visibleEvent({ roomId, eventId, userId });
    const view = await deps.reader.view(roomId);
    if (event === null || view === null) throw new MatrixError('M_NOT_FOUND', 'There is no such event, or you may not see it');
    const keep = await shownTo(deps, { userId, roomId, filter });
    const beforeMax = Math.floor(limit / 2);
    const [before, after] = await Promise.all([
      pageEvents({ view, from: placeBeyond(event, 'b'), dir: 'b', limit: beforeMax, keep }),
      pageEvents({ view, from: placeBeyond(event, 'f'), dir: 'f', limit: limit - beforeMax, keep }),
    ]);
    const all = [...before.events.toReversed(), event, ...after.events];
    // The state at the last event returned; of events whose state nobody has worked out, the current one is the nearest known.
    const sg = all.findLast((shown) => shown.sg !== null)?.sg ?? (await view.stateGroupAt(Number.MAX_SAFE_INTEGER));
    const state = await stateAround(deps, view, { sg, events: filter.lazyLoadMembers ? all : null });
    const viewer = viewerOf(requester);
    const [timeline, stateTexts] = await Promise.all([
      deps.serializer.serialize({ viewer, roomId, events: all }),
      deps.serializer.serialize({
        viewer,
        roomId,
        events: await filteredBy(deps, roomId, filter)(state),
        withPrevious: false,
        withMembership: false,
        withRelations: false,
      }),
    ]);
    const at = before.events.length;
    const start = before.next ?? placeBeyond(before.events.at(-1) ?? event, 'b');
    const end = after.next ?? placeBeyond(after.events.at(-1) ?? event, 'f');
    const parts = [
      `"event":${timeline[at]}`,
      `"events_before":[${timeline.slice(0, at).toReversed().join(',')}]`,
      `"events_after":[${timeline.slice(at + 1).join(',')}]`,
      `"start":"${formatTimelineToken(start)}"`,
      `"end":"${formatTimelineToken(end)}"`,
      `"state":[${stateTexts.join(',')}]`,
    ];
    return reply({ status: 200, body: `{${parts.join(',')}}` });
  },
});

/** The state of a group; of the members only the senders of `events`, unless that is null. */
async function stateAround(
  deps: RoomEndpointDeps,
  view: RoomView,
  { sg, events }: { sg: number; events: readonly StoredEvent[] | null },
): Promise<StoredEvent[]> {
  const state = [...(await view.stateAt(sg))];
  const wanted = events === null ? state : state.filter(([tuple]) => !tuple.startsWith('m.room.member\0'));
  const [found, members] = await Promise.all([
    deps.reader.eventsByNum(
      view.info.roomId,
      wanted.map(([, num]) => num),
    ),
    events === null ? [] : membersBehind(deps, view, sg, events),
  ]);
  return [...found, ...members];
}
