import type { RoomAlias } from './brands.ts';
import { isSigilId } from './sigil-id.ts';

/** `#localpart:domain` (https://spec.matrix.org/v1.19/appendices/#room-aliases). */
export function parseRoomAlias(raw: unknown): RoomAlias | null {
  return isSigilId(raw, '#') ? (raw as RoomAlias) : null;
}
