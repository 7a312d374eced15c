import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import type { RoomView, TimelineToken } from '../room-reader.ts';

/** Events that one request looks at; beyond it the answer is shorter, with a token to go on. */
const SCAN_MAX = 2_000;
/** Events read at a time. */
const CHUNK_MIN = 30;
const CHUNK_MAX = 500;
/** Newest events among which the one that is last in topological order is sought. */
const PLACE_LOOKBACK = 50;

/** Before every event of any room. */
export const TIMELINE_START: TimelineToken = { depth: 0, num: 0 };

export interface EventPage {
  readonly events: StoredEvent[];
  /** Where the next page begins; null when there is nothing further. */
  readonly next: TimelineToken | null;
}

/**
 * One page of a room's history in topological order. Reads on behind events that `keep` takes out, so that a page is full as long as
 * there is something to fill it with, up to `SCAN_MAX`.
 */
export async function pageEvents(options: {
  readonly view: RoomView;
  readonly from: TimelineToken;
  readonly to?: TimelineToken | undefined;
  readonly dir: 'b' | 'f';
  readonly limit: number;
  /** What of a chunk is shown, in the same order. */
  readonly keep: (events: readonly StoredEvent[]) => Promise<readonly StoredEvent[]>;
}): Promise<EventPage> {
  const { view, from, to, dir, limit, keep } = options;
  const events: StoredEvent[] = [];
  let place = from;
  for (let scanned = 0; ; ) {
    // One more than asked for tells whether there is a next page.
    const size = Math.min(Math.max(limit + 1 - events.length, CHUNK_MIN, scanned), CHUNK_MAX);
    const chunk = await view.page({ from: place, ...(to === undefined ? {} : { to }), dir, limit: size });
    for (const event of await keep(chunk)) {
      if (events.length === limit) return { events, next: placeBeyond(events.at(-1), dir) ?? from };
      events.push(event);
    }
    const last = placeBeyond(chunk.at(-1), dir);
    if (last === null || chunk.length < size) return { events, next: null };
    place = last;
    scanned += chunk.length;
    if (scanned >= SCAN_MAX) return { events, next: place };
  }
}

/** The place behind an event in a direction of reading. */
export function placeBeyond(event: StoredEvent, dir: 'b' | 'f'): TimelineToken;
export function placeBeyond(event: StoredEvent | undefined, dir: 'b' | 'f'): TimelineToken | null;
export function placeBeyond(event: StoredEvent | undefined, dir: 'b' | 'f'): TimelineToken | null {
  if (event === undefined) return null;
  return { depth: event.depth, num: dir === 'b' ? event.num : event.num + 1 };
}

/** The place behind everything that had arrived up to a position of the log. */
export async function placeAtPosition(view: RoomView, pos: number): Promise<TimelineToken> {
  const { events } = await view.timeline({ after: -1, to: pos, limit: PLACE_LOOKBACK });
  let place = TIMELINE_START;
  for (const event of events) {
    const behind = placeBeyond(event, 'f');
    if (isBefore(place, behind)) place = behind;
  }
  return place;
}

export function isBefore(a: TimelineToken, b: TimelineToken): boolean {
  return a.depth < b.depth || (a.depth === b.depth && a.num < b.num);
}
