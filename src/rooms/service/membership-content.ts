import { actionPower, powerLevelOf } from '../../core/auth/power-levels.ts';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import { parseRoomId } from '../../core/ids/room-id.ts';
import type { RoomId, UserId } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import type { AuthState } from '../../core/auth/auth-state.ts';
import type { RoomVersion } from '../../core/room-versions/room-version.ts';
import type { Membership } from '../../plugin-api/ports.ts';

/** Conditions of a restricted room that are looked at. */
const ALLOW_CONDITIONS_MAX = 100;

/** Rooms whose members a restricted room lets in; null when the join rule is another one. */
export function allowedRooms(joinRules: JsonObject | undefined, version: RoomVersion): RoomId[] | null {
  const rule = joinRules?.['join_rule'];
  const restricted = (rule === 'restricted' && version.restrictedJoins) || (rule === 'knock_restricted' && version.knockRestricted);
  if (!restricted) return null;
  const allow = joinRules?.['allow'];
  if (!Array.isArray(allow)) return [];
  return allow.slice(0, ALLOW_CONDITIONS_MAX).flatMap((condition) => {
    if (!isJsonObject(condition) || condition['type'] !== 'm.room_membership') return [];
    const roomId = parseRoomId(condition['room_id']);
    return roomId === null ? [] : [roomId];
  });
}

/**
 * A joined user of this server who may invite: a restricted join borrows their power.
 *
 * @throws MatrixError `M_UNABLE_TO_GRANT_JOIN` when nobody here may
 * @see https://spec.matrix.org/v1.19/client-server-api/#restricted-rooms
 */
export function authorisingUser(options: { state: AuthState; version: RoomVersion; joinedLocals: Iterable<UserId> }): UserId {
  const { state, version, joinedLocals } = options;
  const needed = actionPower('invite', state, version);
  for (const userId of joinedLocals) if (powerLevelOf(userId, state, version) >= needed) return userId;
  throw new MatrixError('M_UNABLE_TO_GRANT_JOIN', 'No user of this server may let others into this room');
}

/** What a membership request must find before it; the auth rules would refuse too, with less clear words. */
export function checkTransition(options: { current: Membership | null; wanted: Membership; isSelf: boolean }): void {
  const { current, wanted, isSelf } = options;
  if (isSelf || wanted !== 'leave') return;
  if (current === null || current === 'leave') throw new MatrixError('M_FORBIDDEN', 'The user is not in the room');
}
