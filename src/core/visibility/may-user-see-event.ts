import type { JsonObject } from '../json/json-value.ts';
import { type HistoryVisibility, historyVisibilityOf, isVisible, type Membership } from './history-visibility.ts';

/** The parts of an event that decide who sees it; a RoomEvent fits. */
export interface VisibilityEvent {
  readonly type: string;
  /** `undefined` for events that are not state. */
  readonly stateKey: string | undefined;
  readonly content: JsonObject;
}

export interface UserVisibilityInput {
  readonly event: VisibilityEvent;
  readonly userId: string;
  /** In the state before the event. The event's own change is added here. */
  readonly visibilityAtEvent: HistoryVisibility;
  /** The user's membership in the state before the event. */
  readonly membershipAtEvent: Membership;
  /** The user joined at any point after the event (and may have left again since). */
  readonly joinedLater: boolean;
}

/**
 * Whether history visibility lets a user see an event. Decides from the state at the event, so a later change of the setting
 * neither opens nor closes what was sent before.
 *
 * Does not cover: whether the endpoint is open to the user at all (a room left behind shows nothing after the departure because
 * `joinedLater` is false for those events), events that were rejected or soft-failed, ignored senders.
 * https://spec.matrix.org/v1.19/client-server-api/#room-history-visibility
 */
export function mayUserSeeEvent(input: UserVisibilityInput): boolean {
  const visibilities = visibilitiesAround(input.event, input.visibilityAtEvent);
  const memberships = membershipsAround(input.event, input.userId, input.membershipAtEvent);
  return visibilities.some((visibility) =>
    memberships.some((membership) => isVisible({ visibility, membership, joinedLater: input.joinedLater })),
  );
}

/** A change of the setting is visible to those who may see either side of it. */
export function visibilitiesAround(event: VisibilityEvent, before: HistoryVisibility): readonly HistoryVisibility[] {
  if (event.type !== 'm.room.history_visibility' || event.stateKey !== '') return [before];
  return [before, historyVisibilityOf(event.content)];
}

/** A change of the user's own membership counts with both of its sides. */
function membershipsAround(event: VisibilityEvent, userId: string, before: Membership): readonly Membership[] {
  if (event.type !== 'm.room.member' || event.stateKey !== userId) return [before];
  const after = event.content['membership'];
  return [before, typeof after === 'string' ? after : undefined];
}
