import { powerLevelValue } from '../../../core/auth/power-level-value.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json/json-value.ts';
import type { Pdu } from '../../../core/events/pdu.ts';
import { roomEventFromPdu } from '../../../core/events/room-event-from-pdu.ts';
import { CREATOR_LEVEL_WITHOUT_POWER_LEVELS, DEFAULT_LEVELS, DEFAULT_NOTIFICATION_LEVEL } from '../../../core/auth/power-levels.ts';
import { privilegedCreators, roomCreator } from '../../../core/auth/room-creators.ts';
import type { RoomVersion } from '../../../core/room-versions/room-version.ts';
import { roomVersion } from '../../../core/room-versions/room-versions.ts';
import type { RoomInfo, RoomsPort } from '../../../plugin-api/ports.ts';
import type { StoredEvent } from '../../../plugin-api/stored-event.ts';

/** What the create event says about power; it never changes. */
export interface RoomCreators {
  readonly version: RoomVersion;
  /** `undefined` while the room is being made. */
  readonly creator: string | undefined;
  /** Those who stand above power levels, since version 12. */
  readonly privileged: ReadonlySet<string>;
}

export async function roomCreators(rooms: Pick<RoomsPort, 'stateEvent'>, room: RoomInfo): Promise<RoomCreators> {
  const version = roomVersion(room.version);
  if (version === null) throw new Error(`room ${room.roomId} has the unknown version ${room.version}`);
  const stored = await rooms.stateEvent(room.roomId, 'm.room.create', '');
  return stored === null ? { version, creator: undefined, privileged: new Set() } : creatorsOf(stored, version);
}

/** Reads the create event. */
export function creatorsOf(stored: StoredEvent, version: RoomVersion): RoomCreators {
  const create = roomEventFromPdu(JSON.parse(stored.json) as Pdu, version, stored.eventId);
  return { version, creator: roomCreator(create, version), privileged: new Set(privilegedCreators(create, version)) };
}

/**
 * The sender's power for `sender_notification_permission`.
 * https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 */
export function senderPower(sender: string, creators: RoomCreators, powerLevels: JsonObject | undefined): number {
  if (creators.privileged.has(sender)) return Infinity;
  if (powerLevels === undefined) {
    const made = !creators.version.creatorsHaveInfinitePower && creators.creator === sender;
    return made ? CREATOR_LEVEL_WITHOUT_POWER_LEVELS : DEFAULT_LEVELS.users_default;
  }
  const users: JsonValue | undefined = powerLevels['users'];
  const own = isJsonObject(users) && Object.hasOwn(users, sender) ? users[sender] : powerLevels['users_default'];
  return own === undefined ? DEFAULT_LEVELS.users_default : (powerLevelValue(own, creators.version) ?? -Infinity);
}

/** The level that a kind of notification needs (`room` for `@room`); same section. An unreadable level lets nobody notify. */
export function notificationsPower(key: string, version: RoomVersion, powerLevels: JsonObject | undefined): number {
  const levels: JsonValue | undefined = powerLevels?.['notifications'];
  const own = isJsonObject(levels) && Object.hasOwn(levels, key) ? levels[key] : undefined;
  return own === undefined ? DEFAULT_NOTIFICATION_LEVEL : (powerLevelValue(own, version) ?? Infinity);
}
