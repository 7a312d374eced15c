import type { RoomId } from './brands.ts';
import { fitsBytes, ID_BYTES_MAX } from './id-length.ts';
import { isOpaque, isSigilId } from './sigil-id.ts';

/**
 * A room id of any room version: `!opaque:domain`, or `!opaque` without a domain since version 12.
 * `isRoomIdWithDomain` and `isHashRoomId` ask for the form of particular versions.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#room-ids
 */
export function parseRoomId(raw: unknown): RoomId | null {
  if (typeof raw !== 'string' || raw.length < 2) return null;
  if (raw.includes(':')) return isRoomIdWithDomain(raw) ? raw : null;
  return raw[0] === '!' && fitsBytes(raw, ID_BYTES_MAX) && isOpaque(raw) ? (raw as RoomId) : null;
}

/** The form of versions 1 to 11. */
export function isRoomIdWithDomain(raw: unknown): raw is RoomId {
  return isSigilId(raw, '!');
}

const HASH_ROOM_ID = /^![A-Za-z0-9_-]{43}$/;

/** The form since version 12: the create event's id with the sigil `!`. */
export function isHashRoomId(raw: unknown): raw is RoomId {
  return typeof raw === 'string' && HASH_ROOM_ID.test(raw);
}

/** Domain that a room id of versions 1 to 11 carries for uniqueness; null since 12. It says nothing about who is in the room. */
export function roomIdDomain(roomId: RoomId): string | null {
  const colon = roomId.indexOf(':');
  return colon === -1 ? null : roomId.slice(colon + 1);
}
