import type { RoomId } from '../../core/ids/brands.ts';
import { EVENT_FLAG, type StoredEvent } from '../../plugin-api/stored-event.ts';
import type { RoomReader, Timeline } from '../../rooms/room-reader.ts';

const REFUSED = EVENT_FLAG.rejected | EVENT_FLAG.softFailed;

/**
 * Keeps of a page what follows its last gap. A gap is where an event names a predecessor that this server did not have when the event
 * arrived: other servers' events are missing there, and a timeline across it would join what does not belong together. The client
 * fetches them with `/messages` from `prev_batch`.
 * https://spec.matrix.org/v1.19/client-server-api/#syncing
 *
 * `checkFirst`: whether a gap right before the page matters, which it does when the page continues what the client has.
 */
export async function cutAtGap(
  reader: Pick<RoomReader, 'eventsByNum'>,
  roomId: RoomId,
  page: Timeline,
  checkFirst: boolean,
): Promise<Timeline> {
  const seqs = new Map(page.events.map((event) => [event.num, event.seq]));
  const outside = new Set<number>();
  for (const event of checkFirst ? page.events : page.events.slice(1)) {
    for (const num of event.prev) if (!seqs.has(num)) outside.add(num);
  }
  if (outside.size > 0) {
    for (const event of await reader.eventsByNum(roomId, [...outside])) {
      // What was refused is known: nothing is missing there.
      seqs.set(event.num, (event.flags & REFUSED) === 0 ? event.seq : Number.MAX_SAFE_INTEGER);
    }
  }
  const isAfterGap = (event: StoredEvent): boolean =>
    event.seq !== null && event.seq > 0 && event.prev.some((num) => (seqs.get(num) ?? 0) <= 0);
  for (let at = page.events.length - 1; at >= (checkFirst ? 0 : 1); at--) {
    const event = page.events[at];
    if (event !== undefined && isAfterGap(event)) return { events: page.events.slice(at), limited: true };
  }
  return page;
}
