import type { EventId } from '../ids/brands.ts';
import type { StateMap } from './state-map.ts';
import type { Resolution, ResolverNeed } from './state-resolver.ts';

/**
 * The full conflicted set: the conflicted state set, the auth difference of the state sets and, since version 12, the conflicted
 * state subgraph. https://spec.matrix.org/v1.19/rooms/v12/#definitions
 */
export function* fullConflictedSet(input: {
  readonly stateSets: readonly StateMap<EventId>[];
  readonly conflicted: ReadonlySet<EventId>;
  readonly withSubgraph: boolean;
}): Resolution<Set<EventId>> {
  const full = new Set(input.conflicted);
  for (const id of yield* needIds({ need: 'authDifference', stateSets: input.stateSets })) full.add(id);
  if (input.withSubgraph) {
    for (const id of yield* needIds({ need: 'conflictedSubgraph', conflicted: [...input.conflicted] })) full.add(id);
  }
  return full;
}

/** One request that is answered with ids. */
export function* needIds(need: ResolverNeed): Resolution<Iterable<EventId>> {
  const answer = yield need;
  if (!('ids' in answer)) throw new Error(`A state resolver asked for ${need.need} and was not answered with ids`);
  return answer.ids;
}
