import type { ServerName } from '../../core/ids/brands.ts';
import { parseRoomId } from '../../core/ids/room-id.ts';
import { parseUserId, serverNameOf } from '../../core/ids/user-id.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { RoomsPort } from '../../plugin-api/ports.ts';
import type { TypingUsers } from './typing-users.ts';

/** Other servers repeat it while it lasts; ms. */
const REMOTE_TYPING_MS = 60_000;

/** The user has to be in the room and to belong to the sending server. https://spec.matrix.org/v1.19/server-server-api/#typing-notifications */
export async function receiveTyping(
  deps: { typing: TypingUsers; rooms: Pick<RoomsPort, 'membership'> },
  content: JsonObject,
  origin: ServerName,
): Promise<void> {
  const roomId = parseRoomId(content['room_id']);
  const userId = parseUserId(content['user_id']);
  if (roomId === null || userId === null || serverNameOf(userId) !== origin) return;
  if ((await deps.rooms.membership(roomId, userId)) !== 'join') return;
  if (content['typing'] === true) await deps.typing.begin(roomId, userId, REMOTE_TYPING_MS);
  else await deps.typing.end(roomId, userId);
}
