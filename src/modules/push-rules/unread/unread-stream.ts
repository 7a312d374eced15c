import type { RoomId } from '../../../core/ids/brands.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import type { RoomsPort } from '../../../plugin-api/ports.ts';
import type { StoredEvent } from '../../../plugin-api/stored-event.ts';
import type { RoomContribution, SyncRequest, SyncStream } from '../../../plugin-api/sync-stream.ts';
import { MAIN_THREAD } from '../store.ts';
import { addCounts, type Count, NOTHING } from './count.ts';
import type { ThreadCounts, UnreadCounts } from './unread-counts.ts';

/**
 * Adds `unread_notifications`, and by thread `unread_thread_notifications` where the filter asks for it, to the rooms of an answer.
 * https://spec.matrix.org/v1.19/client-server-api/#receiving-notifications
 */
export function unreadStream(counts: UnreadCounts, rooms: Pick<RoomsPort, 'eventsByNum'>): SyncStream {
  return {
    name: 'unread',
    wakes: false,
    contribute: () => null,
    async decorate(request: SyncRequest, roomIds: readonly RoomId[]) {
      const asked = roomIds.flatMap((roomId) => request.joined.get(roomId) ?? []);
      const unread = await counts.of(request.userId, asked);
      const byThread = request.filter.room.timeline.unreadThreadNotifications;
      const contributions = new Map<RoomId, RoomContribution>();
      for (const [roomId, threads] of unread) {
        const fields = byThread ? await threadFields(rooms, roomId, threads) : { unread_notifications: format(total(threads)) };
        contributions.set(roomId, { fields });
      }
      return contributions;
    },
  };
}

function total(threads: ThreadCounts): Count {
  return [...threads.values()].reduce(addCounts, NOTHING);
}

/** Counts by the event id of the thread root. */
export async function threadsByRoot(
  rooms: Pick<RoomsPort, 'eventsByNum'>,
  roomId: RoomId,
  threads: ThreadCounts,
): Promise<Map<string, Count>> {
  const nums = [...threads.keys()].filter((thread) => thread !== MAIN_THREAD);
  const roots: readonly StoredEvent[] = nums.length === 0 ? [] : await rooms.eventsByNum(roomId, nums);
  return new Map(roots.map((root) => [root.eventId, threads.get(root.num) ?? NOTHING]));
}

async function threadFields(rooms: Pick<RoomsPort, 'eventsByNum'>, roomId: RoomId, threads: ThreadCounts): Promise<JsonObject> {
  const fields: JsonObject = { unread_notifications: format(threads.get(MAIN_THREAD) ?? NOTHING) };
  const roots = await threadsByRoot(rooms, roomId, threads);
  if (roots.size > 0) fields['unread_thread_notifications'] = Object.fromEntries([...roots].map(([root, count]) => [root, format(count)]));
  return fields;
}

function format(count: Count): JsonObject {
  return { notification_count: count.notify, highlight_count: count.highlight };
}
