import type { RoomId } from '../../core/ids/brands.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import { contentOf } from '../../rooms/client-event/content-of.ts';
import type { Timeline } from '../../rooms/room-reader.ts';
import type { Part } from '../compiled-filter.ts';
import { cutAtGap } from './cut-at-gap.ts';
import type { IncomingRelationsPort, SectionDeps, SectionRequest, SelectedTimeline } from './section-types.ts';

/** Events of one room that are looked at for one answer while a filter or the room's visibility lets few of them through. */
const SCAN_EVENTS_MAX = 2000;
/** Each further look asks for this many times as many. */
const SCAN_GROWTH = 4;

/**
 * The newest events that the reader may see and wants to see. The filter's limit counts what is left over, so a narrow filter reads on
 * until it has enough or nothing is left.
 */
export async function selectTimeline(
  deps: Pick<SectionDeps, 'reader' | 'incomingRelations'>,
  request: SectionRequest,
  input: {
    readonly roomId: RoomId;
    readonly read: (limit: number) => Promise<Timeline>;
    /** The first page, when the caller has it. */
    readonly first?: Timeline | undefined;
    /** The page follows what the client already has. */
    readonly continues: boolean;
    /** Shown whatever the history visibility says: the reader's own departure. */
    readonly alwaysShown?: number;
  },
): Promise<SelectedTimeline> {
  const { filter, userId, ignored } = request;
  const limit = filter.timelineLimit;
  let ask = Math.max(1, limit);
  let page = input.first ?? (await input.read(ask));
  for (;;) {
    page = await cutAtGap(deps.reader, input.roomId, page, input.continues);
    const visible = new Set(await deps.reader.filterVisible(userId, input.roomId, page.events));
    const shown = page.events.filter(
      // State stays complete whoever set it: https://spec.matrix.org/v1.19/client-server-api/#server-behaviour-14
      (event) => (visible.has(event) || event.num === input.alwaysShown) && (event.stateKey !== undefined || !ignored.has(event.sender)),
    );
    const wanted = await filterEvents(deps.incomingRelations, input.roomId, shown, filter.timeline, filter.timelineNeedsRelations);
    const exhausted = !page.limited || page.events.length < ask || ask >= SCAN_EVENTS_MAX;
    if (wanted.length >= limit || exhausted) {
      const events = limit === 0 ? [] : wanted.slice(-limit);
      return { events, limited: page.limited || events.length < wanted.length };
    }
    ask = Math.min(ask * SCAN_GROWTH, SCAN_EVENTS_MAX);
    page = await input.read(ask);
  }
}

/** The events that one part of a filter lets through. */
export async function filterEvents(
  incomingRelations: IncomingRelationsPort,
  roomId: RoomId,
  events: readonly StoredEvent[],
  part: Part,
  needsRelations: boolean,
): Promise<readonly StoredEvent[]> {
  if (part === null || events.length === 0) return events;
  const nums = events.map((event) => event.num);
  const relations = needsRelations ? await incomingRelations(roomId, nums) : undefined;
  return events.filter((event) =>
    part({ type: event.type, sender: event.sender, roomId, content: contentOf(event) }, relations?.get(event.num) ?? []),
  );
}
