import type { RoomEvent } from '../events/room-event.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';

/**
 * The user who made the room: `content.creator` up to version 10, the create event's sender since 11.
 * Undefined where the create event does not say.
 *
 * @see https://spec.matrix.org/v1.19/rooms/v11#remove-the-creator-property-of-mroomcreate-events
 */
export function roomCreator(create: RoomEvent, version: RoomVersion): string | undefined {
  if (version.creator === 'sender') return create.sender;
  const creator = create.content['creator'];
  return typeof creator === 'string' ? creator : undefined;
}

/**
 * Whether the user is one of the creators who stand above power levels. Always false before version 12.
 *
 * @see https://spec.matrix.org/v1.19/rooms/v12#authorisation-rules
 */
export function isPrivilegedCreator(userId: string, create: RoomEvent | undefined, version: RoomVersion): boolean {
  if (!version.creatorsHaveInfinitePower || create === undefined) return false;
  if (create.sender === userId) return true;
  const additional = create.content['additional_creators'];
  return Array.isArray(additional) && additional.includes(userId);
}

/** The creators who stand above power levels, without repetition; none before version 12. */
export function privilegedCreators(create: RoomEvent, version: RoomVersion): string[] {
  if (!version.creatorsHaveInfinitePower) return [];
  const additional = create.content['additional_creators'];
  const others = Array.isArray(additional) ? additional.filter((entry) => typeof entry === 'string') : [];
  return [...new Set<string>([create.sender, ...others])];
}
