import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import type { AuthState } from './auth-state.ts';
import { powerLevelValue } from './power-level-value.ts';
import { isPrivilegedCreator, roomCreator } from './room-creators.ts';

/** Levels that hold when the power levels, or one of their fields, are missing (https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels). */
export const DEFAULT_LEVELS = {
  ban: 50,
  kick: 50,
  redact: 50,
  invite: 0,
  users_default: 0,
  events_default: 0,
  state_default: 50,
} as const;

/** `notifications.room` when it is missing (same section). */
export const DEFAULT_NOTIFICATION_LEVEL = 50;

/** Level of the creator while a room of versions 1 to 11 has no power levels (same section). */
export const CREATOR_LEVEL_WITHOUT_POWER_LEVELS = 100;

export type PowerAction = 'ban' | 'kick' | 'redact' | 'invite';

/**
 * A user's power. `Infinity` for the creators of a room since version 12. An unreadable value counts as no power at all.
 */
export function powerLevelOf(userId: string, state: AuthState, version: RoomVersion): number {
  const create = state('m.room.create', '');
  if (isPrivilegedCreator(userId, create, version)) return Infinity;

  const levels = state('m.room.power_levels', '')?.content;
  if (levels === undefined) {
    const made = create !== undefined && !version.creatorsHaveInfinitePower && roomCreator(create, version) === userId;
    return made ? CREATOR_LEVEL_WITHOUT_POWER_LEVELS : DEFAULT_LEVELS.users_default;
  }
  const own = memberOf(levels['users'], userId);
  return readLevel(own === undefined ? levels['users_default'] : own, version, DEFAULT_LEVELS.users_default, -Infinity);
}

/**
 * Power needed to send an event of this type, membership and third-party invites aside.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#definitions "Required Power Level"
 */
export function requiredPower(event: { type: string; isState: boolean }, state: AuthState, version: RoomVersion): number {
  const fallback = event.isState ? 'state_default' : 'events_default';
  const levels = state('m.room.power_levels', '')?.content;
  if (levels === undefined) return DEFAULT_LEVELS[fallback];
  const own = memberOf(levels['events'], event.type);
  return readLevel(own === undefined ? levels[fallback] : own, version, DEFAULT_LEVELS[fallback], Infinity);
}

/** Power needed to invite, kick, ban, or redact others' events. */
export function actionPower(action: PowerAction, state: AuthState, version: RoomVersion): number {
  const levels = state('m.room.power_levels', '')?.content;
  return readLevel(levels?.[action], version, DEFAULT_LEVELS[action], Infinity);
}

/** Power needed to notify with this key, e.g. `room` for `@room` (push condition `sender_notification_permission`). */
export function notificationPower(key: string, state: AuthState, version: RoomVersion): number {
  const levels = state('m.room.power_levels', '')?.content;
  return readLevel(memberOf(levels?.['notifications'], key), version, DEFAULT_NOTIFICATION_LEVEL, Infinity);
}

/** Own members only: an event type may be called `constructor`. */
function memberOf(levels: JsonValue | undefined, key: string): JsonValue | undefined {
  return isJsonObject(levels) && Object.hasOwn(levels, key) ? (levels as JsonObject)[key] : undefined;
}

/** Junk can stand in power levels before version 10, where nothing forbade it; it grants nothing. */
function readLevel(value: JsonValue | undefined, version: RoomVersion, absent: number, unreadable: number): number {
  if (value === undefined) return absent;
  return powerLevelValue(value, version) ?? unreadable;
}
