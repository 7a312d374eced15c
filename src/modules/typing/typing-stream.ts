import type { RoomId } from '../../core/ids/brands.ts';
import type { IgnoredUsersSlot } from '../../plugin-api/slots.ts';
import type { RoomContribution, SyncContribution, SyncRequest, SyncStream } from '../../plugin-api/sync-stream.ts';
import type { TypingUsers } from './typing-users.ts';

/** The complete list of a room whenever it changed. https://spec.matrix.org/v1.19/client-server-api/#mtyping */
export function typingStream(typing: TypingUsers, ignored: () => IgnoredUsersSlot | null): SyncStream {
  return {
    name: 'typing',
    async contribute({ userId, from, joined, newlyJoined }: SyncRequest): Promise<SyncContribution | null> {
      const changed: RoomId[] = [];
      for (const roomId of joined.keys()) {
        const isFresh = from === null || newlyJoined.has(roomId);
        if (isFresh ? typing.in(roomId).length > 0 : typing.changedAt(roomId) > from) changed.push(roomId);
      }
      if (changed.length === 0) return null;
      const hidden = await ignored()?.ignoredBy(userId);
      const rooms = new Map<RoomId, RoomContribution>();
      for (const roomId of changed) {
        const users = typing.in(roomId).filter((other) => hidden?.has(other) !== true);
        rooms.set(roomId, { ephemeral: [{ type: 'm.typing', content: { user_ids: users } }] });
      }
      return { rooms };
    },
  };
}
