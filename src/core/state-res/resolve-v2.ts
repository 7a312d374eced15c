import type { EventId } from '../ids/brands.ts';
import { EventPool } from './event-pool.ts';
import { fullConflictedSet } from './full-conflicted-set.ts';
import { iterativeAuthChecks } from './iterative-auth-checks.ts';
import { mainlineOrdering } from './mainline-ordering.ts';
import { selectPowerEvents } from './power-events.ts';
import { powerOrdering } from './power-ordering.ts';
import { splitConflicts } from './split-conflicts.ts';
import { type StateMap, stateTuple } from './state-map.ts';
import type { Resolution, ResolverInput } from './state-resolver.ts';

/** State resolution of room versions 2 to 11. https://spec.matrix.org/v1.19/rooms/v2/#state-resolution */
export function resolveV2(input: ResolverInput): Resolution<StateMap<EventId>> {
  return resolve(input, { startFrom: 'unconflicted', withSubgraph: false });
}

/** State resolution of room version 12 (MSC4297). https://spec.matrix.org/v1.19/rooms/v12/#state-resolution */
export function resolveV21(input: ResolverInput): Resolution<StateMap<EventId>> {
  return resolve(input, { startFrom: 'empty', withSubgraph: true });
}

interface Revision {
  /** The state that the power events are applied to. */
  readonly startFrom: 'unconflicted' | 'empty';
  /** The conflicted state subgraph belongs to the full conflicted set. */
  readonly withSubgraph: boolean;
}

const POWER_LEVELS = stateTuple('m.room.power_levels', '');

function* resolve({ version, stateSets }: ResolverInput, revision: Revision): Resolution<StateMap<EventId>> {
  const { unconflicted, conflicted } = splitConflicts(stateSets);
  if (conflicted.size === 0) return unconflicted;
  const pool = new EventPool();
  const full = yield* fullConflictedSet({ stateSets, conflicted, withSubgraph: revision.withSubgraph });
  yield* pool.load(full);

  // Step 1: power events and what they rest on, sorted.
  const powerIds = yield* selectPowerEvents(full, pool);
  const powerEvents = yield* powerOrdering(powerIds, version, pool);

  // Step 2: apply them.
  const initial: StateMap<EventId> = revision.startFrom === 'unconflicted' ? unconflicted : new Map();
  const partial = yield* iterativeAuthChecks({ version, initial, events: powerEvents, pool });

  // Step 3: sort the rest by the power levels of the result.
  const others = pool.all([...full].filter((id) => !powerIds.has(id)));
  const sorted = yield* mainlineOrdering(others, partial.get(POWER_LEVELS), pool);

  // Step 4: apply them too.
  const resolved = yield* iterativeAuthChecks({ version, initial: partial, events: sorted, pool });

  // Step 5: what was never in conflict stays as it was.
  for (const [key, id] of unconflicted) resolved.set(key, id);
  return resolved;
}
