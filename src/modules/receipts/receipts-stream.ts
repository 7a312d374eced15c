import type { RoomId, UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { RoomContribution, SyncContribution, SyncRequest, SyncStream } from '../../plugin-api/sync-stream.ts';
import type { Receipts } from './receipts.ts';
import type { PositionedReceipt, ReceiptsStore } from './store.ts';

/** Receipts of others that a client gets with a room that is new to it. */
const RECEIPTS_INITIAL_MAX = 1000;

/** https://spec.matrix.org/v1.19/client-server-api/#client-behaviour-7 */
export function receiptsStream(receipts: Receipts, store: ReceiptsStore): SyncStream {
  return {
    name: 'receipts',
    async contribute(request: SyncRequest): Promise<SyncContribution | null> {
      const { userId, from, to, joined, newlyJoined } = request;
      const fresh: RoomId[] = [];
      const cold: RoomId[] = [];
      const found: PositionedReceipt[] = [];
      for (const roomId of joined.keys()) {
        if (from === null || newlyJoined.has(roomId)) {
          fresh.push(roomId);
        } else if (receipts.mayHaveChanged(roomId, from)) {
          const warm = receipts.inMemory(roomId);
          if (warm === null) cold.push(roomId);
          else for (const receipt of warm) if (receipt.pos > from && receipt.pos <= to) found.push(receipt);
        }
      }
      if (fresh.length > 0) found.push(...(await store.latest(fresh, { to, perRoom: RECEIPTS_INITIAL_MAX, reader: userId })));
      if (cold.length > 0 && from !== null) found.push(...(await store.changes(cold, { from, to })));
      const visible = found.filter((receipt) => isVisible(receipt, userId));
      if (visible.length === 0) return null;
      const rooms = new Map<RoomId, RoomContribution>();
      for (const [roomId, ofRoom] of Map.groupBy(visible, (receipt) => receipt.roomId))
        rooms.set(roomId, { ephemeral: receiptEvents(ofRoom) });
      return { rooms };
    },
  };
}

/** Private receipts are their sender's alone. https://spec.matrix.org/v1.19/client-server-api/#private-read-receipts */
function isVisible(receipt: PositionedReceipt, userId: UserId): boolean {
  return receipt.type === 'm.read' || receipt.userId === userId;
}

/**
 * One event per thread, so that a threaded and an unthreaded receipt of a user for the same event do not hide each other.
 * https://spec.matrix.org/v1.19/client-server-api/#server-behaviour-7
 */
function receiptEvents(receipts: readonly PositionedReceipt[]): JsonObject[] {
  return [...Map.groupBy(receipts, (receipt) => receipt.threadId).values()].map((ofThread) => {
    const content: { [eventId: string]: { [type: string]: JsonObject } } = {};
    for (const { eventId, type, userId, ts, threadId } of ofThread) {
      const ofEvent = (content[eventId] ??= {});
      const ofType = (ofEvent[type] ??= {});
      ofType[userId] = { ts, ...(threadId === null ? {} : { thread_id: threadId }) };
    }
    return { type: 'm.receipt', content };
  });
}
