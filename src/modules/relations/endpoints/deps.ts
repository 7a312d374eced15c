import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { RoomId, UserId } from '../../../core/ids/brands.ts';
import type { EventsPort, RoomInfo, RoomsPort } from '../../../plugin-api/ports.ts';
import { endpointFactory, type Requester } from '../../../plugin-api/endpoint.ts';
import type { IgnoredUsersSlot } from '../../../plugin-api/slots.ts';
import { PAGE_DEFAULT, PAGE_MAX } from '../limits.ts';
import type { RelationsStore } from '../store.ts';

export interface RelationsEndpointDeps {
  readonly store: RelationsStore;
  readonly rooms: RoomsPort;
  readonly events: EventsPort;
  readonly ignoredUsers: () => IgnoredUsersSlot | null;
}

export const relationsEndpoint = endpointFactory<RelationsEndpointDeps>();

export function viewerOf(requester: Requester): { userId: UserId; txnScope: string } {
  return { userId: requester.userId, txnScope: requester.deviceId ?? `token:${requester.tokenId}` };
}

/** @throws MatrixError `M_INVALID_PARAM` */
export function limitFrom(query: URLSearchParams): number {
  const raw = query.get('limit');
  if (raw === null || raw === '') return PAGE_DEFAULT;
  if (!/^\d{1,15}$/.test(raw) || Number(raw) < 1) throw new MatrixError('M_INVALID_PARAM', 'limit must be a number from 1');
  return Math.min(Number(raw), PAGE_MAX);
}

/**
 * Everybody may look into a room who was ever part of it, and anybody into one that the world may read; what they see there is decided
 * event by event.
 *
 * @throws MatrixError `M_FORBIDDEN`
 */
export async function viewableRoom(rooms: RoomsPort, roomId: RoomId, userId: UserId): Promise<RoomInfo> {
  const info = await rooms.info(roomId);
  if (info !== null && (await mayView(rooms, roomId, userId))) return info;
  throw new MatrixError('M_FORBIDDEN', 'You are not allowed to view this room');
}

async function mayView(rooms: RoomsPort, roomId: RoomId, userId: UserId): Promise<boolean> {
  const membership = await rooms.membership(roomId, userId);
  if (membership === 'join' || membership === 'leave' || membership === 'ban') return true;
  const visibility = await rooms.stateEvent(roomId, 'm.room.history_visibility', '');
  return visibility !== null && rooms.content(visibility)['history_visibility'] === 'world_readable';
}
