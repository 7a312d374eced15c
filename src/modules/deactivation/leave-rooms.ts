import type { UserId } from '../../core/ids/brands.ts';
import type { Logger } from '../../platform/logger.ts';
import type { RoomsPort } from '../../plugin-api/ports.ts';

/** Rooms that are left at the same time. */
const LEAVING_AT_ONCE_MAX = 8;

/** Takes a user out of every room, invites and knocks included. A room that cannot be left is logged; the next start tries again. */
export async function leaveRooms(userId: UserId, deps: { rooms: RoomsPort; log: Logger }): Promise<void> {
  const rooms = [...(await deps.rooms.roomsOf(userId)).values()].filter(({ membership }) => membership !== 'leave' && membership !== 'ban');
  const leaveNext = async (): Promise<void> => {
    for (let room = rooms.pop(); room !== undefined; room = rooms.pop()) {
      const { roomId } = room;
      try {
        await deps.rooms.setMembership({ roomId, sender: userId, target: userId, membership: 'leave' });
      } catch (err) {
        deps.log.warn({ err, userId, roomId }, 'a deactivated user could not leave a room');
      }
    }
  };
  await Promise.all(Array.from({ length: LEAVING_AT_ONCE_MAX }, leaveNext));
}
