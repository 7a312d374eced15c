import { authorise } from '../auth/authorise.ts';
import type { AuthState } from '../auth/auth-state.ts';
import type { RoomEvent } from '../events/room-event.ts';
import type { EventId } from '../ids/brands.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { authIdsIn, citedIds, citedState } from './auth-lookup.ts';
import type { EventPool } from './event-pool.ts';
import { type StateMap, type StateTuple, stateTuple } from './state-map.ts';
import type { Resolution } from './state-resolver.ts';

/**
 * Applies events one after the other to a state; one that the authorisation rules do not allow in the state so far is passed over. Where the
 * state lacks something that the rules ask for, the event's own auth event is taken, unless that was rejected.
 * https://spec.matrix.org/v1.19/rooms/v2/#definitions
 */
export function* iterativeAuthChecks(input: {
  readonly version: RoomVersion;
  readonly initial: StateMap<EventId>;
  readonly events: readonly RoomEvent[];
  readonly pool: EventPool;
}): Resolution<Map<StateTuple, EventId>> {
  const { version, events, pool } = input;
  const state = new Map(input.initial);
  const needed = authIdsIn(state, events, version);
  for (const event of events) for (const id of citedIds(event, version)) needed.add(id);
  yield* pool.load(needed);
  for (const event of events) {
    // Every state event has a key; an event that failed by its own auth events has no place in state.
    if (event.stateKey === undefined || pool.rejection(event.eventId) === 'authEvents') continue;
    const cited = citedState(event, version, pool, (id) => pool.rejection(id) === null);
    const lookUp: AuthState = (type, stateKey) => {
      const id = state.get(stateTuple(type, stateKey));
      return (id === undefined ? undefined : pool.get(id)) ?? cited(type, stateKey);
    };
    if (authorise(event, lookUp, version).allow) state.set(stateTuple(event.type, event.stateKey), event.eventId);
  }
  return state;
}
