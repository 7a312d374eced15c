import { stateTuple, type StateTuple } from '../../core/state-res/state-map.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import type { RoomView } from '../room-reader.ts';

/** One key of the state around an event: the numbers of the events that held it, undefined where none did. */
export interface ValueAround {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/**
 * What one key of the state held before and after each event, in the order given; null where nobody has worked the state out. Along a
 * stretch of history without forks the value is followed backwards through what state events replaced: one look-up for the whole
 * stretch, at its newest event, whose state is usually in memory.
 */
export async function valuesAlong(
  view: Pick<RoomView, 'stateValueAt'>,
  events: readonly StoredEvent[],
  tuple: StateTuple,
): Promise<(ValueAround | null)[]> {
  const newestFirst = events.map((_, index) => index).sort((a, b) => compare(events[b] as StoredEvent, events[a] as StoredEvent));
  const values: (ValueAround | null)[] = events.map(() => null);
  let next: StoredEvent | null = null;
  let beforeNext: number | undefined;
  for (const index of newestFirst) {
    const event = events[index] as StoredEvent;
    if (event.sg === null) {
      next = null;
      continue;
    }
    const leadsToNext: boolean = next !== null && next.prev.length === 1 && next.prev[0] === event.num;
    const after: number | undefined = leadsToNext ? beforeNext : await view.stateValueAt(event.sg, tuple);
    const sets = event.stateKey !== undefined && stateTuple(event.type, event.stateKey) === tuple;
    // A rejected state event leaves the state as it was.
    const before: number | undefined = sets && after === event.num ? (event.replaces ?? undefined) : after;
    values[index] = { before, after };
    next = event;
    beforeNext = before;
  }
  return values;
}

function compare(a: StoredEvent, b: StoredEvent): number {
  return a.depth - b.depth || a.num - b.num;
}
