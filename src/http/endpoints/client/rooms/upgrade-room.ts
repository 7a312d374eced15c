import { Type } from 'typebox';
import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import type { UserId } from '../../../../core/ids/brands.ts';
import { parseUserId } from '../../../../core/ids/user-id.ts';
import { roomVersion } from '../../../../core/room-versions/room-versions.ts';
import { endpointFactory } from '../../../../plugin-api/endpoint.ts';
import type { Happenings } from '../../../../plugin-api/hooks.ts';
import { upgradeRoom as replaceRoom } from '../../../../rooms/service/upgrade-room.ts';
import type { CreateRoomDeps } from './create-room.ts';

/** Creators that one request may add. */
const ADDITIONAL_CREATORS_MAX = 100;

export interface UpgradeRoomDeps extends CreateRoomDeps {
  readonly emit: (name: 'roomUpgraded', happening: Happenings['roomUpgraded']) => Promise<void>;
}

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidupgrade */
export const upgradeRoom = endpointFactory<UpgradeRoomDeps>()({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/upgrade',
  auth: 'user',
  limit: 'create_room',
  body: Type.Object({
    new_version: Type.String(),
    additional_creators: Type.Optional(Type.Array(Type.String(), { maxItems: ADDITIONAL_CREATORS_MAX })),
  }),
  handler: async ({ deps, requester, params, body }) => {
    const version = roomVersion(body.new_version);
    if (version === null) throw new MatrixError('M_UNSUPPORTED_ROOM_VERSION', `Room version ${body.new_version} is not supported`);
    const additionalCreators = version.creatorsHaveInfinitePower ? readCreators(body.additional_creators ?? []) : [];
    const by = requester.userId;
    const verdict = await deps.check('checkRoomCreation', { creator: by, body: { room_version: version.id } });
    if (!verdict.allow) throw new MatrixError(verdict.errcode, verdict.reason);
    const to = await replaceRoom(deps, { roomId: params.roomId, by, version: version.id, additionalCreators });
    await deps.emit('roomUpgraded', { from: params.roomId, to, by });
    return { replacement_room: to };
  },
});

function readCreators(raw: readonly string[]): UserId[] {
  return raw.map((entry) => {
    const userId = parseUserId(entry);
    if (userId === null) throw new MatrixError('M_INVALID_PARAM', `${entry} is not a user id`);
    return userId;
  });
}
