import type { RoomEvent } from '../events/room-event.ts';
import type { EventId } from '../ids/brands.ts';
import { compareByAge } from './compare-events.ts';
import type { EventPool } from './event-pool.ts';
import type { Resolution } from './state-resolver.ts';

/**
 * Sorts events by how recent the power levels are that they build on: the position on the mainline of the resolved power levels, the
 * oldest first, then by age. Without resolved power levels only the age counts.
 * https://spec.matrix.org/v1.19/rooms/v2/#definitions
 */
export function* mainlineOrdering(
  events: readonly RoomEvent[],
  powerLevels: EventId | undefined,
  pool: EventPool,
): Resolution<RoomEvent[]> {
  const mainline = yield* mainlineOf(powerLevels, pool);
  const position = yield* mainlinePositions(events, mainline, pool);
  return events
    .map((event) => ({ event, position: position(event) }))
    .sort((x, y) => {
      // The difference of two infinities would not be a number.
      if (x.position !== y.position) return x.position > y.position ? -1 : 1;
      return compareByAge(x.event, y.event);
    })
    .map(({ event }) => event);
}

/** Power levels, the ones they build on, and so on; each with its position, 0 for the newest. */
function* mainlineOf(powerLevels: EventId | undefined, pool: EventPool): Resolution<Map<EventId, number>> {
  const mainline = new Map<EventId, number>();
  if (powerLevels !== undefined) yield* pool.load([powerLevels], { powerLevels: true });
  for (let id = powerLevels; id !== undefined && !mainline.has(id); ) {
    mainline.set(id, mainline.size);
    const parents: ReadonlyMap<EventId, EventId> = yield* powerLevelParents([id], pool);
    id = parents.get(id);
  }
  return mainline;
}

/** The position of the first power levels on the mainline that each event builds on; infinity for events that build on none. */
function* mainlinePositions(
  events: readonly RoomEvent[],
  mainline: ReadonlyMap<EventId, number>,
  pool: EventPool,
): Resolution<(event: RoomEvent) => number> {
  const links = mainline.size === 0 ? new Map<EventId, EventId>() : yield* linksToMainline(events, mainline, pool);
  const known = new Map<EventId, number>(mainline);
  return (event) => {
    const path: EventId[] = [];
    let at = links.get(event.eventId);
    while (at !== undefined && !known.has(at)) {
      // Stands until the walk ends, so that links in a circle (ids of versions 1 and 2 can be forged) end it as well.
      known.set(at, Number.POSITIVE_INFINITY);
      path.push(at);
      at = links.get(at);
    }
    const position = at === undefined ? Number.POSITIVE_INFINITY : (known.get(at) ?? Number.POSITIVE_INFINITY);
    for (const id of path) known.set(id, position);
    return position;
  };
}

/** From each event, and from each power levels on its way, to the power levels that it builds on, as far as the mainline. One request per step. */
function* linksToMainline(
  events: readonly RoomEvent[],
  mainline: ReadonlyMap<EventId, number>,
  pool: EventPool,
): Resolution<Map<EventId, EventId>> {
  const links = new Map<EventId, EventId>();
  const visited = new Set<EventId>();
  let frontier = new Set(events.map((event) => event.eventId));
  while (frontier.size > 0) {
    for (const id of frontier) visited.add(id);
    const parents: ReadonlyMap<EventId, EventId> = yield* powerLevelParents(frontier, pool);
    frontier = new Set();
    for (const [id, parent] of parents) {
      links.set(id, parent);
      if (!mainline.has(parent) && !visited.has(parent)) frontier.add(parent);
    }
  }
  return links;
}

/** The power levels among the auth events of each event. Loads auth events only where those already here do not tell. */
function* powerLevelParents(ids: Iterable<EventId>, pool: EventPool): Resolution<Map<EventId, EventId>> {
  const parents = new Map<EventId, EventId>();
  const open: RoomEvent[] = [];
  for (const event of pool.all(ids)) {
    const parent = powerLevelsAmong(event.authEvents, pool);
    if (parent === undefined) open.push(event);
    else parents.set(event.eventId, parent);
  }
  yield* pool.load(new Set(open.flatMap((event) => event.authEvents)), { powerLevels: true });
  for (const event of open) {
    const parent = powerLevelsAmong(event.authEvents, pool);
    if (parent !== undefined) parents.set(event.eventId, parent);
  }
  return parents;
}

function powerLevelsAmong(ids: readonly EventId[], pool: EventPool): EventId | undefined {
  return ids.find((id) => {
    const event = pool.get(id);
    return event?.type === 'm.room.power_levels' && event.stateKey === '';
  });
}
