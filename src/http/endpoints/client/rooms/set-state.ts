import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { parseUserId } from '../../../../core/ids/user-id.ts';
import type { RoomId, UserId } from '../../../../core/ids/brands.ts';
import type { JsonObject } from '../../../../core/json/json-value.ts';
import type { Membership } from '../../../../plugin-api/ports.ts';
import { type RoomEndpointDeps, roomEndpoint } from './room-endpoint.ts';
import { checkCanonicalAlias } from './canonical-alias.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey */
export const setRoomStateWithKey = roomEndpoint({
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/:roomId/state/:eventType/:stateKey',
  auth: 'guest',
  limit: 'message',
  body: 'json',
  handler: ({ deps, requester, params, query, body }) =>
    setState(deps, {
      roomId: params.roomId,
      sender: requester.userId,
      type: params.eventType,
      stateKey: params.stateKey,
      content: body,
      ts: timestampOf(requester, query),
    }),
});

/** The same with the empty state key, which may be left out of the path, with or without its slash. */
export const setRoomState = roomEndpoint({
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/:roomId/state/:eventType',
  aliases: ['/_matrix/client/v3/rooms/:roomId/state/:eventType/'],
  auth: 'guest',
  limit: 'message',
  body: 'json',
  handler: ({ deps, requester, params, query, body }) =>
    setState(deps, {
      roomId: params.roomId,
      sender: requester.userId,
      type: params.eventType,
      stateKey: '',
      content: body,
      ts: timestampOf(requester, query),
    }),
});

interface NewState {
  readonly roomId: RoomId;
  readonly sender: UserId;
  readonly type: string;
  readonly stateKey: string;
  readonly content: JsonObject;
  readonly ts: number | null;
}

async function setState(deps: RoomEndpointDeps, state: NewState): Promise<{ event_id: string }> {
  if (state.type === 'm.room.member') return setMember(deps, state);
  if (state.type === 'm.room.canonical_alias') await checkCanonicalAlias(deps, state);
  const { roomId, sender, type, stateKey, content, ts } = state;
  const { eventId } = await deps.rooms.send({ roomId, sender, type, stateKey, content, ...(ts === null ? {} : { originServerTs: ts }) });
  return { event_id: eventId };
}

/** Member events go the way of the membership endpoints, so that profiles, invites and restricted joins are handled alike. */
async function setMember(deps: RoomEndpointDeps, { roomId, sender, stateKey, content }: NewState): Promise<{ event_id: string }> {
  const target = parseUserId(stateKey);
  if (target === null) throw new MatrixError('M_BAD_JSON', 'The state key of a member event is a user id');
  const { membership, reason, ...rest } = content;
  if (!isMembership(membership)) throw new MatrixError('M_BAD_JSON', 'membership is missing or unknown');
  const { eventId } = await deps.rooms.setMembership({
    roomId,
    sender,
    target,
    membership,
    content: rest,
    ...(typeof reason === 'string' ? { reason } : {}),
  });
  return { event_id: eventId };
}

function isMembership(value: unknown): value is Membership {
  return typeof value === 'string' && ['join', 'invite', 'leave', 'ban', 'knock'].includes(value);
}

/** Application services may set the time of an event (https://spec.matrix.org/v1.19/application-service-api/#timestamp-massaging). */
function timestampOf(requester: { appserviceId: string | null }, query: URLSearchParams): number | null {
  const ts = requester.appserviceId === null ? null : query.get('ts');
  return ts !== null && Number.isSafeInteger(Number(ts)) ? Number(ts) : null;
}
