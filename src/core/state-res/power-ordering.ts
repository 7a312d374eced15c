import { powerLevelOf } from '../auth/power-levels.ts';
import type { RoomEvent } from '../events/room-event.ts';
import type { EventId } from '../ids/brands.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { citedIds, citedState } from './auth-lookup.ts';
import { compareByAge } from './compare-events.ts';
import type { EventPool } from './event-pool.ts';
import { MinHeap } from './min-heap.ts';
import type { Resolution } from './state-resolver.ts';

/**
 * Reverse topological power ordering: auth events before the events that cite them; among those that are free to go, the one whose sender has
 * more power first, then by age. Kahn's algorithm over the auth links inside the set.
 * https://spec.matrix.org/v1.19/rooms/v2/#definitions
 */
export function* powerOrdering(ids: ReadonlySet<EventId>, version: RoomVersion, pool: EventPool): Resolution<RoomEvent[]> {
  const events = pool.all(ids);
  yield* pool.load(new Set(events.flatMap((event) => citedIds(event, version))));
  return sortByPower(events, (event) => senderPower(event, version, pool));
}

/** The sender's power according to the event's own auth events, whatever became of them. */
function senderPower(event: RoomEvent, version: RoomVersion, pool: EventPool): number {
  return powerLevelOf(
    event.sender,
    citedState(event, version, pool, () => true),
    version,
  );
}

interface Candidate {
  readonly event: RoomEvent;
  readonly power: number;
  /** Auth events inside the set that have not been placed yet. */
  waitsFor: number;
  readonly citedBy: Candidate[];
}

/** Events on a circle of auth links (the ids of versions 1 and 2 can be forged) never become free and are left out. */
export function sortByPower(events: readonly RoomEvent[], powerOf: (event: RoomEvent) => number): RoomEvent[] {
  const candidates = new Map<EventId, Candidate>();
  for (const event of events) candidates.set(event.eventId, { event, power: powerOf(event), waitsFor: 0, citedBy: [] });
  for (const candidate of candidates.values()) {
    for (const authId of new Set(candidate.event.authEvents)) {
      const cited = candidates.get(authId);
      if (cited === undefined) continue;
      cited.citedBy.push(candidate);
      candidate.waitsFor += 1;
    }
  }
  const free = new MinHeap(compareCandidates);
  for (const candidate of candidates.values()) if (candidate.waitsFor === 0) free.push(candidate);
  const sorted: RoomEvent[] = [];
  for (let next = free.pop(); next !== undefined; next = free.pop()) {
    sorted.push(next.event);
    for (const candidate of next.citedBy) {
      candidate.waitsFor -= 1;
      if (candidate.waitsFor === 0) free.push(candidate);
    }
  }
  return sorted;
}

function compareCandidates(x: Candidate, y: Candidate): number {
  // The difference of two infinite powers would not be a number.
  if (x.power !== y.power) return x.power > y.power ? -1 : 1;
  return compareByAge(x.event, y.event);
}
