import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { parseRoomAlias } from '../../../../core/ids/room-alias.ts';
import type { RoomId } from '../../../../core/ids/brands.ts';
import type { JsonObject } from '../../../../core/json/json-value.ts';
import type { RoomEndpointDeps } from './room-endpoint.ts';

const ALT_ALIASES_MAX = 100;

/**
 * Aliases that are new in `m.room.canonical_alias` must point to this room.
 *
 * @throws MatrixError `M_INVALID_PARAM` for a malformed alias, `M_BAD_ALIAS` for one that leads elsewhere or nowhere
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomcanonical_alias
 */
export async function checkCanonicalAlias(deps: RoomEndpointDeps, state: { roomId: RoomId; content: JsonObject }): Promise<void> {
  const current = await deps.rooms.stateEvent(state.roomId, 'm.room.canonical_alias', '');
  const known = new Set(current === null ? [] : aliasesIn(deps.rooms.content(current)));
  for (const raw of aliasesIn(state.content)) {
    if (known.has(raw)) continue;
    const alias = parseRoomAlias(raw);
    if (alias === null) throw new MatrixError('M_INVALID_PARAM', 'An alias is malformed');
    const row = await deps.aliases.resolve(alias);
    if (row?.roomId !== state.roomId) throw new MatrixError('M_BAD_ALIAS', `${alias} does not point to this room`);
  }
}

function aliasesIn(content: JsonObject): unknown[] {
  const { alias, alt_aliases: alt } = content;
  const list = Array.isArray(alt) ? alt.slice(0, ALT_ALIASES_MAX) : [];
  // Null and the empty string mean that there is none.
  return alias === undefined || alias === null || alias === '' ? list : [alias, ...list];
}
