import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import type { JsonObject } from '../../../../core/json/json-value.ts';
import { stateTuple } from '../../../../core/state-res/state-map.ts';
import { reply } from '../../../../plugin-api/endpoint.ts';
import type { Membership } from '../../../../plugin-api/ports.ts';
import type { StoredEvent } from '../../../../plugin-api/stored-event.ts';
import { isBefore, placeBeyond } from '../../../../rooms/service/page-events.ts';
import { type RoomAccess, roomAccess } from '../../../../rooms/service/room-access.ts';
import { readPlace } from './page-query.ts';
import { type RoomEndpointDeps, roomEndpoint, viewerOf } from './room-endpoint.ts';

const MEMBERSHIPS: readonly string[] = ['join', 'invite', 'knock', 'leave', 'ban'] satisfies Membership[];

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmembers */
export const getMembers = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/rooms/:roomId/members',
  auth: 'guest',
  handler: async ({ deps, requester, params, query }) => {
    const { roomId } = params;
    const wanted = readMembership(query, 'membership');
    const unwanted = readMembership(query, 'not_membership');
    const access = await roomAccess(deps.reader, { roomId, userId: requester.userId });
    const nums = [...(await access.view.stateAt(await groupAt(access, query)))]
      .filter(([tuple]) => tuple.startsWith('m.room.member\0'))
      .map(([, num]) => num);
    const members = await deps.reader.eventsByNum(roomId, nums);
    const passes = (event: StoredEvent): boolean => {
      const membership = deps.rooms.content(event)['membership'];
      // Given together, the two make an "or".
      if (wanted === null) return unwanted === null || membership !== unwanted;
      return membership === wanted || (unwanted !== null && membership !== unwanted);
    };
    const texts = await deps.serializer.serialize({
      viewer: viewerOf(requester),
      roomId,
      events: members.filter(passes),
      withPrevious: false,
      withMembership: false,
      withRelations: false,
    });
    return reply({ status: 200, body: `{"chunk":[${texts.join(',')}]}` });
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members */
export const getJoinedMembers = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/rooms/:roomId/joined_members',
  auth: 'user',
  handler: async ({ deps, requester, params }) => {
    const { roomId } = params;
    if ((await deps.rooms.membership(roomId, requester.userId)) !== 'join')
      throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
    return { joined: await joinedProfiles(deps, roomId) };
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3joined_rooms */
export const getJoinedRooms = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/joined_rooms',
  auth: 'user',
  handler: async ({ deps, requester }) => {
    const rooms = [...(await deps.rooms.roomsOf(requester.userId)).values()];
    return { joined_rooms: rooms.filter((room) => room.membership === 'join').map((room) => room.roomId) };
  },
});

async function joinedProfiles(deps: RoomEndpointDeps, roomId: StoredEvent['roomId']): Promise<JsonObject> {
  const state = await deps.rooms.currentState(roomId);
  const nums = [...(await deps.rooms.joinedMembers(roomId))].flatMap((userId) => state.get(stateTuple('m.room.member', userId)) ?? []);
  const joined: JsonObject = {};
  for (const event of await deps.reader.eventsByNum(roomId, nums)) {
    const { displayname, avatar_url: avatarUrl } = deps.rooms.content(event);
    // What is not set stands there as null: clients of other servers are used to both keys.
    joined[event.stateKey ?? ''] = {
      display_name: typeof displayname === 'string' ? displayname : null,
      avatar_url: typeof avatarUrl === 'string' ? avatarUrl : null,
    };
  }
  return joined;
}

/** Create event and join of the creator: before them nobody was in the room. */
const EVENTS_OF_A_BEGINNING = 2;

/**
 * State group at the `at` token: the state after the newest event before that place, never beyond what the user may read. A place before
 * the whole history, as a first sync of a small room gives it out, stands for how the history begins.
 */
async function groupAt({ view, sg, departure }: RoomAccess, query: URLSearchParams): Promise<number> {
  const place = await readPlace(query, 'at', view);
  if (place === null || (departure !== null && isBefore(placeBeyond(departure, 'f'), place))) return sg;
  const [before] = await view.page({ from: place, dir: 'b', limit: 1 });
  const event = before ?? (await view.page({ from: place, dir: 'f', limit: EVENTS_OF_A_BEGINNING })).at(-1);
  return event?.headSg ?? event?.sg ?? sg;
}

function readMembership(query: URLSearchParams, name: string): string | null {
  const value = query.get(name);
  if (value !== null && !MEMBERSHIPS.includes(value)) throw new MatrixError('M_INVALID_PARAM', `${name} is not a membership`);
  return value;
}
