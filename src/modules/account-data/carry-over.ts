import type { RoomId, UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { AccountData } from './account-data.ts';

/**
 * Tags of a room, and its place among direct chats, for the room that replaces it. What the user has set for the new room stays.
 * https://spec.matrix.org/v1.19/client-server-api/#room-upgrades
 */
export async function carryOver(
  accountData: Pick<AccountData, 'get' | 'update'>,
  { userId, from, to }: { userId: UserId; from: RoomId; to: RoomId },
): Promise<void> {
  const tags = await accountData.get({ userId, roomId: from, type: 'm.tag' });
  if (tags !== null) await accountData.update({ userId, roomId: to, type: 'm.tag' }, (present) => present ?? tags);
  const direct = { userId, roomId: null, type: 'm.direct' };
  const chats = await accountData.get(direct);
  if (chats !== null && withReplacement(chats, from, to) !== chats) {
    await accountData.update(direct, (latest) => withReplacement(latest ?? {}, from, to));
  }
}

/** `m.direct` with the new room beside the old one; the same object when there is nothing to add. */
function withReplacement(chats: JsonObject, from: RoomId, to: RoomId): JsonObject {
  let changed = chats;
  for (const [userId, rooms] of Object.entries(chats)) {
    if (Array.isArray(rooms) && rooms.includes(from) && !rooms.includes(to)) changed = { ...changed, [userId]: [...rooms, to] };
  }
  return changed;
}
