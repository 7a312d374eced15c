import type { EventId } from '../../core/ids/brands.ts';
import type { RoomVersion } from '../../core/room-versions/room-version.ts';
import { driveResolver } from '../../core/state-res/run-resolver.ts';
import type { StateMap, StateTuple } from '../../core/state-res/state-map.ts';
import type { Rejection, ResolverAnswer, ResolverEvent, ResolverNeed, StateResolver } from '../../core/state-res/state-resolver.ts';
import { EVENT_FLAG, type StoredEvent } from '../../plugin-api/stored-event.ts';
import type { EventStore } from '../events/event-store.ts';
import type { RoomGraph } from './room-graph.ts';

export interface ResolveDeps {
  readonly graph: RoomGraph;
  readonly resolver: StateResolver;
  readonly version: RoomVersion;
  readonly store: EventStore;
  /** Events of the room by number, uncommitted ones included. */
  readonly eventsByNum: (nums: readonly number[]) => Promise<ReadonlyMap<number, StoredEvent>>;
}

/**
 * Resolves states of one room, given and answered as event numbers. The resolver is a plug-in over plain data; each of its requests is one
 * bulk look-up or one sweep over the auth graph.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#room-state-resolution
 */
export async function resolveStates(
  states: readonly ReadonlyMap<StateTuple, number>[],
  deps: ResolveDeps,
): Promise<Map<StateTuple, number>> {
  const { graph, resolver, version } = deps;
  const numsOf = new Map<StateMap<EventId>, number[]>();
  const stateSets = states.map((state) => {
    const byId = new Map<StateTuple, EventId>();
    for (const [tuple, num] of state) byId.set(tuple, graph.id(num));
    numsOf.set(byId, [...state.values()]);
    return byId;
  });
  const resolved = await driveResolver(resolver, { version, stateSets }, (need) => answer(need, numsOf, deps));
  const result = new Map<StateTuple, number>();
  for (const [tuple, id] of resolved) {
    const num = graph.num(id);
    if (num === undefined) throw new Error(`resolution answered an event that is not in the room: ${id}`);
    result.set(tuple, num);
  }
  return result;
}

function answer(
  need: ResolverNeed,
  numsOf: ReadonlyMap<StateMap<EventId>, number[]>,
  deps: ResolveDeps,
): Promise<ResolverAnswer> | ResolverAnswer {
  const { graph } = deps;
  const nums = (ids: readonly EventId[]): number[] => ids.flatMap((id) => graph.num(id) ?? []);
  const ids = (found: readonly number[]): ResolverAnswer => ({ ids: found.map((num) => graph.id(num)) });
  switch (need.need) {
    case 'events':
      return loadEvents(nums(need.ids), deps);
    case 'authDifference':
      return ids(graph.graph.authDifference(need.stateSets.map((set) => numsOf.get(set) ?? nums([...set.values()]))));
    case 'conflictedSubgraph':
      return ids(graph.graph.conflictedSubgraph(nums(need.conflicted)));
    case 'authChainWithin':
      return ids(graph.graph.authChainWithin(nums(need.from), nums(need.within)));
  }
}

async function loadEvents(nums: readonly number[], { eventsByNum, store, version }: ResolveDeps): Promise<ResolverAnswer> {
  const events = new Map<EventId, ResolverEvent>();
  for (const stored of (await eventsByNum(nums)).values()) {
    if ((stored.flags & EVENT_FLAG.stub) !== 0) continue;
    events.set(stored.eventId, { event: store.roomEvent(stored, version), rejected: rejectionOf(stored) });
  }
  return { events };
}

/** Why our own checks rejected an event: the resolver judges one that failed against its state anew. */
function rejectionOf(event: StoredEvent): Rejection | null {
  if ((event.flags & EVENT_FLAG.rejected) === 0) return null;
  return (event.flags & EVENT_FLAG.rejectedByState) !== 0 ? 'state' : 'authEvents';
}
