import type { RoomEvent } from '../events/room-event.ts';
import type { EventId } from '../ids/brands.ts';
import type { ResolverSource } from './run-resolver.ts';
import type { Rejection, ResolverAnswer, ResolverEvent, ResolverNeed } from './state-resolver.ts';

/**
 * Answers a resolver from a Map, auth chains worked out link by link: for tests, third-party resolvers' vectors and small rooms.
 * Large rooms take `AuthGraph`.
 */
export class MemoryEventSource implements ResolverSource {
  readonly #events: ReadonlyMap<EventId, RoomEvent>;
  readonly #rejected: ReadonlyMap<EventId, Rejection>;

  constructor(events: ReadonlyMap<EventId, RoomEvent>, rejected: ReadonlyMap<EventId, Rejection> = new Map()) {
    this.#events = events;
    this.#rejected = rejected;
  }

  answer(need: ResolverNeed): ResolverAnswer {
    switch (need.need) {
      case 'events':
        return { events: this.#known(need.ids) };
      case 'authDifference':
        return { ids: this.authDifference(need.stateSets.map((set) => [...set.values()])) };
      case 'conflictedSubgraph':
        return { ids: this.conflictedSubgraph(need.conflicted) };
      case 'authChainWithin': {
        const chain = this.authChain(need.from);
        return { ids: need.within.filter((id) => chain.has(id)) };
      }
    }
  }

  /** Everything reachable through auth events, the starting points only where they are reached. */
  authChain(ids: Iterable<EventId>): Set<EventId> {
    const chain = new Set<EventId>();
    const open = [...ids];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const authId of this.#events.get(id)?.authEvents ?? []) {
        if (chain.has(authId)) continue;
        chain.add(authId);
        open.push(authId);
      }
    }
    return chain;
  }

  /** In some but not in all of the sets' auth chains. */
  authDifference(sets: readonly (readonly EventId[])[]): Set<EventId> {
    const chains = sets.map((set) => this.authChain(set));
    const difference = new Set<EventId>();
    for (const chain of chains) for (const id of chain) if (!chains.every((other) => other.has(id))) difference.add(id);
    return difference;
  }

  /** On a path between two conflicted events: reachable from one of them, and one of them reachable from it. */
  conflictedSubgraph(conflicted: Iterable<EventId>): Set<EventId> {
    const ends = new Set(conflicted);
    const subgraph = new Set(ends);
    for (const id of this.authChain(ends)) {
      if (!ends.has(id) && [...this.authChain([id])].some((below) => ends.has(below))) subgraph.add(id);
    }
    return subgraph;
  }

  #known(ids: readonly EventId[]): Map<EventId, ResolverEvent> {
    const known = new Map<EventId, ResolverEvent>();
    for (const id of ids) {
      const event = this.#events.get(id);
      if (event !== undefined) known.set(id, { event, rejected: this.#rejected.get(id) ?? null });
    }
    return known;
  }
}
