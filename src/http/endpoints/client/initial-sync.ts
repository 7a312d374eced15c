import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { isJsonObject, type JsonObject } from '../../../core/json/json-value.ts';
import type { RoomId } from '../../../core/ids/brands.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { DirectorySql } from '../../../storage/rooms/directory-sql.ts';
import type { SyncService } from '../../../sync/sync-service.ts';

const LIMIT_DEFAULT = 10;
const LIMIT_MAX = 1_000;

/**
 * Everything at once, in the form that came before `/sync`; deprecated. It is an initial sync in other words, with the state as it is
 * now. `GET /events` goes on from its `end`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3initialsync
 */
export const initialSync = endpointFactory<{ readonly sync: SyncService; readonly directory: DirectorySql }>()({
  method: 'GET',
  path: '/_matrix/client/v3/initialSync',
  auth: 'user',
  handler: async ({ deps, requester, query, request }) => {
    const filter = { room: { timeline: { limit: readLimit(query) }, include_leave: query.get('archived') === 'true' } };
    const text = await deps.sync.sync({
      userId: requester.userId,
      // What belongs to one device (messages to it, its keys) is not part of this answer.
      deviceId: null,
      txnScope: requester.deviceId ?? `token:${requester.tokenId}`,
      isGuest: requester.isGuest,
      since: null,
      filter: JSON.stringify(filter),
      fullState: false,
      setPresence: 'offline',
      timeoutMs: 0,
      stateKeys: ['state_after'],
      signal: request.signal,
    });
    const answer = JSON.parse(text) as JsonObject & { next_batch: string };
    const end = answer.next_batch;
    const published = new Set<string>(await deps.directory.publishedRooms());
    const rooms: JsonObject[] = [];
    for (const kind of ['join', 'leave', 'invite'] as const) {
      for (const [roomId, section] of Object.entries(childOf(childOf(answer, 'rooms'), kind))) {
        if (!isJsonObject(section)) continue;
        const visibility = published.has(roomId) ? 'public' : 'private';
        rooms.push(
          kind === 'invite'
            ? { room_id: roomId, membership: 'invite', visibility, invite: inviteOf(section, requester.userId) }
            : { room_id: roomId, visibility, ...roomOf(section, { roomId: roomId as RoomId, userId: requester.userId, kind, end }) },
        );
      }
    }
    return { end, rooms, presence: eventsIn(answer, 'presence'), account_data: eventsIn(answer, 'account_data') };
  },
});

function roomOf(section: JsonObject, room: { roomId: RoomId; userId: string; kind: 'join' | 'leave'; end: string }): JsonObject {
  const { roomId, userId, kind, end } = room;
  const named = (event: JsonObject): JsonObject => ({ ...event, room_id: roomId });
  const timeline = childOf(section, 'timeline');
  const { prev_batch: start } = timeline;
  const state = eventsIn(section, 'state_after');
  const member = state.find((event) => event['type'] === 'm.room.member' && event['state_key'] === userId);
  return {
    // A room that one was banned from is among the left ones.
    membership: kind === 'join' ? 'join' : (childOf(member ?? {}, 'content')['membership'] ?? 'leave'),
    messages: { ...(start === undefined ? {} : { start }), end, chunk: eventsIn(section, 'timeline').map(named) },
    state: state.map(named),
    account_data: eventsIn(section, 'account_data'),
  };
}

function inviteOf(section: JsonObject, userId: string): JsonObject {
  const stripped = eventsIn(section, 'invite_state');
  return stripped.find((event) => event['type'] === 'm.room.member' && event['state_key'] === userId) ?? {};
}

function childOf(object: JsonObject, key: string): JsonObject {
  const child = object[key];
  return isJsonObject(child) ? child : {};
}

function eventsIn(object: JsonObject, key: string): JsonObject[] {
  const { events } = childOf(object, key);
  return Array.isArray(events) ? events.filter(isJsonObject) : [];
}

function readLimit(query: URLSearchParams): number {
  const raw = query.get('limit');
  if (raw === null || raw === '') return LIMIT_DEFAULT;
  if (!/^\d{1,9}$/.test(raw)) throw new MatrixError('M_INVALID_PARAM', 'limit must be a whole number');
  return Math.min(Number(raw), LIMIT_MAX);
}
