import type { AuthState } from '../../core/auth/auth-state.ts';
import { actionPower, powerLevelOf, requiredPower } from '../../core/auth/power-levels.ts';
import type { UserId } from '../../core/ids/brands.ts';
import type { RoomVersion } from '../../core/room-versions/room-version.ts';

/** Create event and power levels of a room, as the rules about power read them. */
export interface RoomPower {
  readonly state: AuthState;
  readonly version: RoomVersion;
}

export function maySendState({ state, version }: RoomPower, userId: UserId, type: string): boolean {
  return powerLevelOf(userId, state, version) >= requiredPower({ type, isState: true }, state, version);
}

/** Whether a redaction by this user takes effect: their own event, or the power over those of others. */
export function mayRedact({ state, version }: RoomPower, userId: UserId, target: { readonly sender: UserId }): boolean {
  return target.sender === userId || powerLevelOf(userId, state, version) >= actionPower('redact', state, version);
}
