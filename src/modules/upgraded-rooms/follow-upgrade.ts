import type { RoomId, UserId } from '../../core/ids/brands.ts';
import { parseRoomId } from '../../core/ids/room-id.ts';
import { isJsonObject } from '../../core/json/json-value.ts';
import type { PluginHost } from '../../plugin-api/plugin.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';

type Deps = Pick<PluginHost<unknown>, 'rooms' | 'emit'>;

/** Emits `roomFollowed` when this join brings the user into the successor of another room. */
export async function followUpgrade(deps: Deps, join: StoredEvent, userId: UserId): Promise<void> {
  if (!(await isArrival(deps, join))) return;
  const from = await predecessorOf(deps, join.roomId, userId);
  if (from !== null) await deps.emit('roomFollowed', { userId, from, to: join.roomId });
}

/** Whether the user was not joined before: a new name or avatar is no arrival. */
async function isArrival({ rooms }: Deps, join: StoredEvent): Promise<boolean> {
  if (join.replaces === null) return true;
  const [before] = await rooms.eventsByNum(join.roomId, [join.replaces]);
  return before === undefined || rooms.content(before)['membership'] !== 'join';
}

/**
 * The room that this one replaces. Anybody can claim a predecessor, so the old room must name this one in its tombstone. Who makes the
 * new room does so before there is a tombstone, and knows what they claim.
 */
async function predecessorOf({ rooms }: Deps, roomId: RoomId, userId: UserId): Promise<RoomId | null> {
  const create = await rooms.stateEvent(roomId, 'm.room.create', '');
  const predecessor = create === null ? undefined : rooms.content(create)['predecessor'];
  const from = isJsonObject(predecessor) ? parseRoomId(predecessor['room_id']) : null;
  if (create === null || from === null || from === roomId) return null;
  if (create.sender === userId) return from;
  if ((await rooms.info(from)) === null) return null;
  const tombstone = await rooms.stateEvent(from, 'm.room.tombstone', '');
  return tombstone !== null && rooms.content(tombstone)['replacement_room'] === roomId ? from : null;
}
