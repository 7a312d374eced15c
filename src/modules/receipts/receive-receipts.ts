import { parseEventId } from '../../core/ids/event-id.ts';
import { parseRoomId } from '../../core/ids/room-id.ts';
import { parseUserId, serverNameOf } from '../../core/ids/user-id.ts';
import type { RoomId, ServerName, UserId } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json-value.ts';
import type { RoomsPort } from '../../plugin-api/ports.ts';
import type { Receipts } from './receipts.ts';

/** Receipts taken from one EDU; the rest is ignored. */
const EDU_RECEIPTS_MAX = 1000;

/**
 * Receipts of another server's users. Entries of users of a third server, of users who are not in the room, and unreadable ones are ignored.
 * https://spec.matrix.org/v1.19/server-server-api/#receipts
 */
export async function receiveReceipts(
  deps: { receipts: Receipts; rooms: Pick<RoomsPort, 'membership' | 'event'> },
  content: JsonObject,
  origin: ServerName,
): Promise<void> {
  for (const { roomId, userId, entry } of entriesOf(content, origin)) {
    const receipt = readEntry(entry);
    if (receipt === null || (await deps.rooms.membership(roomId, userId)) !== 'join') continue;
    const event = await deps.rooms.event(roomId, receipt.eventId);
    await deps.receipts.move({ roomId, userId, type: 'm.read', ...receipt, seq: event?.seq ?? null }, null);
  }
}

function entriesOf(content: JsonObject, origin: ServerName): { roomId: RoomId; userId: UserId; entry: JsonValue | undefined }[] {
  const entries: { roomId: RoomId; userId: UserId; entry: JsonValue | undefined }[] = [];
  for (const [rawRoom, byType] of Object.entries(content)) {
    const roomId = parseRoomId(rawRoom);
    const byUser = isJsonObject(byType) ? byType['m.read'] : undefined;
    if (roomId === null || !isJsonObject(byUser)) continue;
    for (const [rawUser, entry] of Object.entries(byUser)) {
      const userId = parseUserId(rawUser);
      if (userId !== null && serverNameOf(userId) === origin && entries.length < EDU_RECEIPTS_MAX) entries.push({ roomId, userId, entry });
    }
  }
  return entries;
}

function readEntry(entry: JsonValue | undefined) {
  if (!isJsonObject(entry) || !Array.isArray(entry['event_ids']) || !isJsonObject(entry['data'])) return null;
  const eventId = parseEventId(entry['event_ids'][0]);
  const { ts, thread_id: threadId = null } = entry['data'];
  if (eventId === null || !Number.isSafeInteger(ts) || (threadId !== null && typeof threadId !== 'string')) return null;
  if (threadId !== null && threadId !== '' && threadId !== 'main' && parseEventId(threadId) === null) return null;
  return { eventId, ts: ts as number, threadId: threadId === '' ? null : threadId };
}
