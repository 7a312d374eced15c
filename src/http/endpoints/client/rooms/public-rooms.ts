import { Type } from 'typebox';
import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import type { JsonObject } from '../../../../core/json/json-value.ts';
import {
  DIRECTORY_PAGE_DEFAULT,
  DIRECTORY_PAGE_MAX,
  type DirectoryQuery,
  publishedRooms,
} from '../../../../rooms/service/room-directory.ts';
import { type RoomEndpointDeps, roomEndpoint } from './room-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3publicrooms */
export const getPublicRooms = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/publicRooms',
  auth: 'none',
  limit: 'search',
  handler: ({ deps, query }) => {
    const limit = query.get('limit');
    if (limit !== null && !/^\d{1,9}$/.test(limit)) throw new MatrixError('M_INVALID_PARAM', 'limit must be a whole number');
    return listRooms(deps, query.get('server'), {
      limit: pageSize(limit === null ? undefined : Number(limit)),
      since: query.get('since'),
      searchTerm: null,
      roomTypes: null,
    });
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3publicrooms */
export const queryPublicRooms = roomEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/publicRooms',
  auth: 'guest',
  limit: 'search',
  whileSuspended: true,
  body: Type.Object({
    limit: Type.Optional(Type.Integer({ minimum: 0 })),
    since: Type.Optional(Type.String()),
    filter: Type.Optional(
      Type.Object({
        generic_search_term: Type.Optional(Type.String()),
        room_types: Type.Optional(Type.Array(Type.Union([Type.String(), Type.Null()]), { maxItems: 100 })),
      }),
    ),
    include_all_networks: Type.Optional(Type.Boolean()),
    third_party_instance_id: Type.Optional(Type.String()),
  }),
  bodyOptional: true,
  handler: ({ deps, query, body }) => {
    // Rooms of bridged networks are not in this directory.
    if (body.third_party_instance_id !== undefined && body.include_all_networks !== true) {
      return { chunk: [], total_room_count_estimate: 0 };
    }
    return listRooms(deps, query.get('server'), {
      limit: pageSize(body.limit),
      since: body.since ?? null,
      searchTerm: body.filter?.generic_search_term ?? null,
      roomTypes: body.filter?.room_types ?? null,
    });
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directorylistroomroomid */
export const getDirectoryVisibility = roomEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/directory/list/room/:roomId',
  auth: 'none',
  handler: async ({ deps, params }) => {
    if ((await deps.rooms.info(params.roomId)) === null) throw new MatrixError('M_NOT_FOUND', 'Unknown room');
    return { visibility: (await deps.directory.isPublished(params.roomId)) ? 'public' : 'private' };
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directorylistroomroomid */
export const setDirectoryVisibility = roomEndpoint({
  method: 'PUT',
  path: '/_matrix/client/v3/directory/list/room/:roomId',
  auth: 'user',
  body: Type.Object({ visibility: Type.Optional(Type.String()) }),
  bodyOptional: true,
  handler: async ({ deps, requester, params, body }) => {
    const { roomId } = params;
    const visibility = body.visibility ?? 'public';
    if (visibility !== 'public' && visibility !== 'private')
      throw new MatrixError('M_INVALID_PARAM', 'visibility must be public or private');
    if ((await deps.rooms.info(roomId)) === null) throw new MatrixError('M_NOT_FOUND', 'Unknown room');
    if (!(await deps.aliases.mayManage(roomId, requester))) {
      throw new MatrixError('M_FORBIDDEN', 'You may not decide how this room is found');
    }
    if (visibility === 'public') await deps.directory.publish({ roomId, by: requester.userId, ts: deps.clock.now() });
    else await deps.directory.unpublish(roomId);
    return {};
  },
});

async function listRooms(deps: RoomEndpointDeps, server: string | null, query: DirectoryQuery): Promise<JsonObject> {
  if (server !== null && server !== deps.server.serverName)
    throw new MatrixError('M_NOT_FOUND', `The directory of ${server} cannot be read`);
  return publishedRooms(deps, query);
}

function pageSize(limit: number | undefined): number {
  return limit === undefined || limit === 0 ? DIRECTORY_PAGE_DEFAULT : Math.min(limit, DIRECTORY_PAGE_MAX);
}
