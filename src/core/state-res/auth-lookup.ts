import { authEventsFor } from '../auth/auth-events-for.ts';
import type { AuthState } from '../auth/auth-state.ts';
import type { RoomEvent } from '../events/room-event.ts';
import type { EventId } from '../ids/brands.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import type { EventPool } from './event-pool.ts';
import { type StateMap, type StateTuple, stateTuple } from './state-map.ts';

const CREATE = stateTuple('m.room.create', '');

/** The keys that the authorisation rules can ask for when they look at this event. */
function authKeysOf(event: RoomEvent, version: RoomVersion): StateTuple[] {
  return [CREATE, ...authEventsFor(event, version)];
}

/** The events of a state that the rules may ask for when they look at these events. */
export function authIdsIn(state: StateMap<EventId>, events: readonly RoomEvent[], version: RoomVersion): Set<EventId> {
  const ids = new Set<EventId>();
  for (const event of events) {
    for (const key of authKeysOf(event, version)) {
      const id = state.get(key);
      if (id !== undefined) ids.add(id);
    }
  }
  return ids;
}

/**
 * The events that an event names as what allows it: its auth events and, where the room id implies it (since version 12), the create event.
 */
export function citedIds(event: RoomEvent, version: RoomVersion): EventId[] {
  if (version.createInAuthEvents) return [...event.authEvents];
  // The room id is the id of the create event with another sigil: https://spec.matrix.org/v1.19/rooms/v12/#event-format
  return [...event.authEvents, `$${event.roomId.slice(1)}` as EventId];
}

/** Looks in the events that an event names. `accept` can leave some of them out. */
export function citedState(event: RoomEvent, version: RoomVersion, pool: EventPool, accept: (id: EventId) => boolean): AuthState {
  const cited = pool.all(citedIds(event, version).filter(accept));
  return (type, stateKey) => cited.find((candidate) => candidate.type === type && candidate.stateKey === stateKey);
}
