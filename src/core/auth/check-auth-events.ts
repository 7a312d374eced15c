import type { RoomEvent } from '../events/room-event.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { type StateTuple, stateTuple } from '../state-res/state-map.ts';
import { authEventsFor } from './auth-events-for.ts';
import { ALLOWED, deny, type Verdict } from './verdict.ts';

/** An event that another cites in `auth_events`, with what our own checks said about it. */
export interface CitedAuthEvent {
  readonly event: RoomEvent;
  readonly rejected: boolean;
}

/**
 * Rule 2 (3 in version 12): are the cited events the ones that an event may cite? All of `auth_events` must be given;
 * missing ones have to be fetched first. A create event is allowed before this rule, so it is not checked here.
 *
 * @see https://spec.matrix.org/v1.19/rooms/v1#authorisation-rules rule 2
 */
export function checkAuthEvents(event: RoomEvent, cited: readonly CitedAuthEvent[], version: RoomVersion): Verdict {
  if (event.type === 'm.room.create') return ALLOWED;
  const selectable = new Set(authEventsFor(event, version));
  const seen = new Set<StateTuple>();
  for (const { event: auth, rejected } of cited) {
    if (auth.stateKey === undefined) return deny('authEvents.selection', 'An auth event is not state');
    const tuple = stateTuple(auth.type, auth.stateKey);
    if (seen.has(tuple)) return deny('authEvents.duplicate', `Two auth events are ${auth.type} of the same state key`);
    seen.add(tuple);
    if (!selectable.has(tuple)) return deny('authEvents.selection', `${auth.type} is not an auth event of this event`);
    if (rejected) return deny('authEvents.rejected', 'An auth event was rejected');
    if (auth.roomId !== event.roomId) return deny('authEvents.otherRoom', 'An auth event is of another room');
  }
  if (version.createInAuthEvents && !seen.has(stateTuple('m.room.create', '')))
    return deny('authEvents.noCreate', 'The create event is not cited');
  return ALLOWED;
}
