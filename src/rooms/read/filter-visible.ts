import type { RoomId, UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import { stateTuple } from '../../core/state-res/state-map.ts';
import { historyVisibilityOf } from '../../core/visibility/history-visibility.ts';
import { mayUserSeeEvent } from '../../core/visibility/may-user-see-event.ts';
import type { UserRoom } from '../../plugin-api/ports.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import type { EventStore } from '../events/event-store.ts';
import type { RoomView } from '../room-reader.ts';
import { valuesAlong } from './values-along.ts';

/** Membership changes that are walked back to find the end of a user's last stay. */
const MEMBERSHIP_STEPS_MAX = 100;

const VISIBILITY = stateTuple('m.room.history_visibility', '');

/**
 * Keeps the events that a user may see. Decided once per run of events with the same state; the state at each event is what
 * counts, not today's.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-history-visibility
 */
export async function filterVisible(
  options: { userId: UserId; roomId: RoomId; events: readonly StoredEvent[]; view: RoomView; userRoom: UserRoom | undefined },
  store: EventStore,
): Promise<StoredEvent[]> {
  const { userId, events, view, userRoom } = options;
  const visibilities = await valuesAlong(view, events, VISIBILITY);
  const memberships = await valuesAlong(view, events, stateTuple('m.room.member', userId));
  const wanted = new Set<number>();
  for (const value of [...visibilities, ...memberships]) if (value?.before !== undefined) wanted.add(value.before);
  const rows = await store.byNum(view.info.nid, wanted);
  const contentOf = (num: number | undefined): JsonObject | undefined => {
    const row = num === undefined ? undefined : rows.get(num);
    return row === undefined ? undefined : store.content(row);
  };
  const stayEnd = await endOfLastStay(view.info.nid, userRoom, store);
  return events.filter((event, index) => {
    const visibility = visibilities[index];
    const member = memberships[index];
    // Nobody has worked out the state at this event: nobody is shown it before that.
    if (visibility === null || visibility === undefined || member === null || member === undefined) return false;
    const membership = contentOf(member.before)?.['membership'];
    return mayUserSeeEvent({
      event: { type: event.type, stateKey: event.stateKey, content: isVisibilityRelevant(event, userId) ? store.content(event) : {} },
      userId,
      visibilityAtEvent: historyVisibilityOf(contentOf(visibility.before)),
      membershipAtEvent: typeof membership === 'string' ? membership : undefined,
      joinedLater: event.pos < stayEnd,
    });
  });
}

function isVisibilityRelevant(event: StoredEvent, userId: UserId): boolean {
  return event.type === 'm.room.history_visibility' || (event.type === 'm.room.member' && event.stateKey === userId);
}

/** Position at which the user's newest stay in the room ended: Infinity while they are in it, −Infinity when they never were. */
async function endOfLastStay(roomNid: number, userRoom: UserRoom | undefined, store: EventStore): Promise<number> {
  if (userRoom === undefined) return Number.NEGATIVE_INFINITY;
  if (userRoom.membership === 'join') return Number.POSITIVE_INFINITY;
  let num: number | null = userRoom.num;
  let after = Number.NEGATIVE_INFINITY;
  for (let step = 0; num !== null && num > 0 && step < MEMBERSHIP_STEPS_MAX; step++) {
    const event: StoredEvent | undefined = (await store.byNum(roomNid, [num])).get(num);
    if (event === undefined) return Number.NEGATIVE_INFINITY;
    if (store.content(event)['membership'] === 'join') return after;
    after = event.pos;
    num = event.replaces;
  }
  return Number.NEGATIVE_INFINITY;
}
