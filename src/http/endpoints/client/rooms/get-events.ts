import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { parseRoomEventFilter } from '../../../../core/filters/parse-filter.ts';
import { parseRoomId } from '../../../../core/ids/room-id.ts';
import type { RoomId } from '../../../../core/ids/brands.ts';
import { type Requester, reply } from '../../../../plugin-api/endpoint.ts';
import { roomAccess } from '../../../../rooms/service/room-access.ts';
import { formatSyncToken, parseSyncToken } from '../../../../sync/sync-token.ts';
import { type RoomEndpointDeps, roomEndpoint, viewerOf } from './room-endpoint.ts';
import { shownTo } from './shown-events.ts';

/** Events of one room in an answer; a client that was away for more has a gap, which `/messages` fills. */
const EVENTS_PER_ROOM_MAX = 500;
/** Longest time that a request is held open, ms. */
const TIMEOUT_MS_MAX = 300_000;

/**
 * New events of one room, in it or looking in from outside, or of all rooms the user is in (the older form, which `/sync` replaced).
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#peeking_get_matrixclientv3events
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3events
 */
export const getEvents = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/events',
  auth: 'guest',
  handler: async ({ deps, requester, query, request }) => {
    const from = readFrom(query.get('from')) ?? deps.waiters.position;
    const timeoutMs = readTimeout(query.get('timeout'));
    const rooms = await roomsToWatch(deps, requester, query.get('room_id'));
    let to = deps.waiters.position;
    let texts = await newEvents(deps, requester, rooms, { after: from, to });
    const deadline = deps.clock.monotonic() + timeoutMs;
    while (texts.length === 0 && deps.clock.monotonic() < deadline && !request.signal.aborted) {
      // Only when nothing came while we looked: the waiter knows nothing of the past.
      if (deps.waiters.position === to) {
        await deps.waiters.wait(rooms, { timeoutMs: deadline - deps.clock.monotonic(), signal: request.signal });
        if (deps.waiters.position === to) break;
      }
      const after = to;
      to = deps.waiters.position;
      texts = await newEvents(deps, requester, rooms, { after, to });
    }
    return reply({ status: 200, body: `{"start":"${formatSyncToken(from)}","end":"${formatSyncToken(to)}","chunk":[${texts.join(',')}]}` });
  },
});

/** The event with this id in whichever room, if the caller may see it. Deprecated. */
export const getOneEvent = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/events/:eventId',
  auth: 'user',
  handler: async ({ deps, requester, params }) => {
    const { userId } = requester;
    for (const { roomId, eventId } of await deps.rooms.eventsWithId(params.eventId)) {
      const event = await deps.rooms.visibleEvent({ roomId, eventId, userId });
      if (event === null) continue;
      const [body = ''] = await deps.serializer.serialize({ viewer: viewerOf(requester), roomId, events: [event] });
      return reply({ status: 200, body });
    }
    throw new MatrixError('M_NOT_FOUND', 'There is no such event, or you may not see it');
  },
});

async function roomsToWatch(deps: RoomEndpointDeps, { userId }: Requester, raw: string | null): Promise<RoomId[]> {
  if (raw === null) {
    return [...(await deps.rooms.roomsOf(userId)).values()].filter((room) => room.membership === 'join').map((room) => room.roomId);
  }
  const roomId = parseRoomId(raw);
  if (roomId === null) throw new MatrixError('M_INVALID_PARAM', 'room_id is not a room id');
  await roomAccess(deps.reader, { roomId, userId });
  return [roomId];
}

async function newEvents(
  deps: RoomEndpointDeps,
  requester: Requester,
  rooms: readonly RoomId[],
  { after, to }: { after: number; to: number },
): Promise<string[]> {
  if (after >= to) return [];
  const { userId } = requester;
  const texts: string[] = [];
  for (const [roomId, view] of await deps.reader.views(rooms)) {
    if (view.lastPos <= after) continue;
    const { events } = await view.timeline({ after, to, limit: EVENTS_PER_ROOM_MAX });
    const keep = await shownTo(deps, { userId, roomId, filter: parseRoomEventFilter({}) });
    texts.push(...(await deps.serializer.serialize({ viewer: viewerOf(requester), roomId, events: await keep(events) })));
  }
  return texts;
}

function readFrom(raw: string | null): number | null {
  if (raw === null || raw === '') return null;
  const position = parseSyncToken(raw);
  if (position === null) throw new MatrixError('M_INVALID_PARAM', 'from is not a token of this server');
  return position.pos;
}

function readTimeout(raw: string | null): number {
  if (raw === null || raw === '') return 0;
  if (!/^\d{1,15}$/.test(raw)) throw new MatrixError('M_INVALID_PARAM', 'timeout must be a number of milliseconds');
  return Math.min(Number(raw), TIMEOUT_MS_MAX);
}
