import { Type } from 'typebox';
import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { parseUserId } from '../../../../core/ids/user-id.ts';
import type { RoomId, UserId } from '../../../../core/ids/brands.ts';
import type { Membership } from '../../../../plugin-api/ports.ts';
import { type RoomEndpointDeps, roomEndpoint } from './room-endpoint.ts';

const Reason = Type.Object({ reason: Type.Optional(Type.String()) });
const TargetAndReason = Type.Object({ user_id: Type.String(), reason: Type.Optional(Type.String()) });

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidleave */
export const leaveRoom = roomEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/leave',
  auth: 'guest',
  limit: 'join',
  body: Reason,
  bodyOptional: true,
  whileSuspended: true,
  handler: async ({ deps, requester, params, body }) => {
    const { roomId } = params;
    const { userId } = requester;
    const current = await deps.rooms.membership(roomId, userId);
    if (current === null) throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
    // Leaving twice is leaving once.
    if (current !== 'leave')
      await deps.rooms.setMembership({ roomId, sender: userId, target: userId, membership: 'leave', ...reasonOf(body) });
    return {};
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidforget */
export const forgetRoom = roomEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/forget',
  auth: 'guest',
  limit: 'join',
  whileSuspended: true,
  handler: async ({ deps, requester, params }) => {
    await deps.rooms.forget(params.roomId, requester.userId);
    return {};
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidinvite */
export const inviteUser = roomEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/invite',
  auth: 'user',
  limit: 'invite',
  body: Type.Object({ user_id: Type.Optional(Type.String()), medium: Type.Optional(Type.String()), reason: Type.Optional(Type.String()) }),
  handler: async ({ deps, requester, params, body }) => {
    if (body.user_id === undefined) {
      if (body.medium === undefined) throw new MatrixError('M_MISSING_PARAM', 'user_id is missing');
      throw new MatrixError('M_THREEPID_DENIED', 'This server has no identity server to invite by e-mail or phone');
    }
    const target = readUser(body.user_id);
    await deps.rooms.setMembership({ roomId: params.roomId, sender: requester.userId, target, membership: 'invite', ...reasonOf(body) });
    return {};
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidkick */
export const kick = roomEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/kick',
  auth: 'user',
  body: TargetAndReason,
  handler: async ({ deps, requester, params, body }) => {
    const target = readUser(body.user_id);
    const current = await membershipForMember(deps, { roomId: params.roomId, asking: requester.userId, target });
    if (current === 'ban') throw new MatrixError('M_FORBIDDEN', 'The user is banned; unban them instead');
    await deps.rooms.setMembership({ roomId: params.roomId, sender: requester.userId, target, membership: 'leave', ...reasonOf(body) });
    return {};
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidban */
export const ban = roomEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/ban',
  auth: 'user',
  body: TargetAndReason,
  handler: async ({ deps, requester, params, body }) => {
    const target = readUser(body.user_id);
    await deps.rooms.setMembership({ roomId: params.roomId, sender: requester.userId, target, membership: 'ban', ...reasonOf(body) });
    return {};
  },
});

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidunban */
export const unban = roomEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/unban',
  auth: 'user',
  body: TargetAndReason,
  handler: async ({ deps, requester, params, body }) => {
    const target = readUser(body.user_id);
    const current = await membershipForMember(deps, { roomId: params.roomId, asking: requester.userId, target });
    if (current !== 'ban') throw new MatrixError('M_BAD_STATE', 'The user is not banned');
    await deps.rooms.setMembership({ roomId: params.roomId, sender: requester.userId, target, membership: 'leave', ...reasonOf(body) });
    return {};
  },
});

/** The membership of a user, for somebody in the room: nobody else learns who is banned. */
async function membershipForMember(
  deps: Pick<RoomEndpointDeps, 'rooms'>,
  { roomId, asking, target }: { roomId: RoomId; asking: UserId; target: UserId },
): Promise<Membership | null> {
  if ((await deps.rooms.membership(roomId, asking)) !== 'join') throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
  return deps.rooms.membership(roomId, target);
}

function readUser(raw: string): UserId {
  const userId = parseUserId(raw);
  if (userId === null) throw new MatrixError('M_INVALID_PARAM', 'user_id is not a user id');
  return userId;
}

function reasonOf(body: { reason?: string | undefined }): { reason?: string } {
  return body.reason === undefined ? {} : { reason: body.reason };
}
