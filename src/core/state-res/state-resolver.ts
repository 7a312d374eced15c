import type { RoomEvent } from '../events/room-event.ts';
import type { EventId } from '../ids/brands.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import type { StateMap } from './state-map.ts';

/**
 * Resolves several states of a room into one. A generator over plain data: it yields what it needs, the driver answers each request with one
 * bulk reply, and the result does not depend on the order of the state sets or of the answers.
 */
export type StateResolver = (input: ResolverInput) => Resolution<StateMap<EventId>>;

export interface ResolverInput {
  readonly version: RoomVersion;
  /** The states to resolve, complete. */
  readonly stateSets: readonly StateMap<EventId>[];
}

/** A step that may ask for data on its way to a `Result`. */
export type Resolution<Result> = Generator<ResolverNeed, Result, ResolverAnswer>;

export type ResolverNeed =
  /**
   * Answer: an `EventAnswer`. Events that are not known are left out. The answer may hold more events than asked for; they save a
   * request later. With `powerLevels` the resolver goes on to walk from power levels to power levels through auth events, so the room's
   * other `m.room.power_levels` events are worth adding.
   */
  | { readonly need: 'events'; readonly ids: readonly EventId[]; readonly powerLevels?: boolean }
  /** Answer: ids of the events that are in the auth chain of some but not of every state set. The sets are those of the input, by reference. */
  | { readonly need: 'authDifference'; readonly stateSets: readonly StateMap<EventId>[] }
  /** Answer: ids of all events on paths of auth events between two of the conflicted events; those themselves may be left out. */
  | { readonly need: 'conflictedSubgraph'; readonly conflicted: readonly EventId[] }
  /** Answer: those of `within` that are in the auth chain of one of `from`. */
  | { readonly need: 'authChainWithin'; readonly from: readonly EventId[]; readonly within: readonly EventId[] };

export type ResolverAnswer = EventAnswer | IdAnswer;

interface EventAnswer {
  readonly events: ReadonlyMap<EventId, ResolverEvent>;
}

interface IdAnswer {
  readonly ids: Iterable<EventId>;
}

export interface ResolverEvent {
  readonly event: RoomEvent;
  readonly rejected: Rejection | null;
}

/**
 * Why an event was rejected on receipt. `state`: by the state before it; such an event is not used as somebody's auth event, and is
 * otherwise handled like any other. `authEvents`: by its own auth events or its form; such an event fails here as well.
 * https://spec.matrix.org/v1.19/rooms/v2/#rejected-events
 */
export type Rejection = 'state' | 'authEvents';
