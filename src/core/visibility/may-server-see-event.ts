import { type HistoryVisibility, isVisible, type Membership } from './history-visibility.ts';
import { type VisibilityEvent, visibilitiesAround } from './may-user-see-event.ts';

export interface ServerVisibilityInput {
  readonly event: VisibilityEvent;
  /** Whether a user id belongs to the server that asks; used for the target of a member event. */
  readonly isUserOfServer: (userId: string) => boolean;
  /** In the state before the event. */
  readonly visibilityAtEvent: HistoryVisibility;
  /** Memberships of the server's users in the state before the event, in any order, repetitions allowed. */
  readonly membershipsAtEvent: Iterable<Membership>;
  /** Some user of the server joined after the event. True for a server that is in the room now and was not at the event. */
  readonly joinedLater: boolean;
}

/**
 * Whether a server may be given an event over federation: it may when some user of it may see the event, because a server that
 * has an event shows it to its users by the same rules.
 *
 * Does not cover whether the server may ask about the room at all (it must be in the room, and not kept out by server ACLs).
 * An event that may not be seen can still be sent in redacted form where the graph has to stay connected.
 * https://spec.matrix.org/v1.19/client-server-api/#room-history-visibility
 */
export function mayServerSeeEvent(input: ServerVisibilityInput): boolean {
  const { event, joinedLater } = input;
  // The user without any membership stands for every user of the server who is not in the room's state.
  const memberships = new Set<Membership>([undefined, ...input.membershipsAtEvent]);
  if (event.type === 'm.room.member' && event.stateKey !== undefined && input.isUserOfServer(event.stateKey)) {
    const after = event.content['membership'];
    if (typeof after === 'string') memberships.add(after);
  }
  for (const visibility of visibilitiesAround(event, input.visibilityAtEvent)) {
    for (const membership of memberships) {
      if (isVisible({ visibility, membership, joinedLater })) return true;
    }
  }
  return false;
}
