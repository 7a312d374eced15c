import type { EventId } from '../ids/brands.ts';
import type { StateMap, StateTuple } from './state-map.ts';

export interface SplitState {
  /** Keys that have the same event in every state set. */
  readonly unconflicted: StateMap<EventId>;
  /** Every event of every other key. */
  readonly conflicted: ReadonlySet<EventId>;
}

/**
 * The unconflicted state map and the conflicted state set. A key that some set lacks is in conflict.
 * https://spec.matrix.org/v1.19/rooms/v2/#definitions
 */
export function splitConflicts(stateSets: readonly StateMap<EventId>[]): SplitState {
  const [first, ...others] = stateSets;
  const unconflicted = new Map<StateTuple, EventId>();
  const conflicted = new Set<EventId>();
  if (first === undefined) return { unconflicted, conflicted };
  for (const [key, id] of first) {
    if (others.every((set) => set.get(key) === id)) unconflicted.set(key, id);
    else conflicted.add(id);
  }
  for (const set of others) {
    for (const [key, id] of set) {
      if (!unconflicted.has(key)) conflicted.add(id);
    }
  }
  return { unconflicted, conflicted };
}
