import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { RoomId, UserId } from '../../core/ids/brands.ts';
import { stateTuple } from '../../core/state-res/state-map.ts';
import { type HistoryVisibility, historyVisibilityOf } from '../../core/visibility/history-visibility.ts';
import type { Membership, UserRoom } from '../../plugin-api/ports.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import { contentOf, contentString } from '../client-event/content-of.ts';
import type { RoomReader, RoomView } from '../room-reader.ts';

/** Membership changes that are walked back to find the end of a user's last stay. */
const MEMBERSHIP_STEPS_MAX = 100;
const VISIBILITY = stateTuple('m.room.history_visibility', '');

/** What a user may read of a room. */
export interface RoomAccess {
  readonly view: RoomView;
  /** null for somebody who only looks in from outside, also after they have forgotten the room. */
  readonly membership: Membership | null;
  /** Group of the state that the user may read: the current state, or the state as of their departure. */
  readonly sg: number;
  /** The event by which the user left; null when they see the room as it is now. */
  readonly departure: StoredEvent | null;
  /** Today's history visibility. */
  readonly visibility: HistoryVisibility;
}

/**
 * Decides whether a user may read a room at all: members read it as it is, former members as of their departure, everybody else only
 * while it is world-readable. Which single events they may see is `filterVisible`'s to say.
 *
 * @throws MatrixError `M_FORBIDDEN`, also for a room that does not exist
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstate
 */
export async function roomAccess(reader: RoomReader, { roomId, userId }: { roomId: RoomId; userId: UserId }): Promise<RoomAccess> {
  const view = await reader.view(roomId);
  if (view !== null) {
    const userRoom = (await reader.roomsOf(userId)).get(roomId);
    const sg = await view.stateGroupAt(Number.MAX_SAFE_INTEGER);
    const visibility = await visibilityIn(reader, view, sg);
    if (userRoom?.membership === 'join') return { view, membership: 'join', sg, departure: null, visibility };
    const departure = userRoom === undefined || userRoom.forgotten ? null : await lastDeparture(reader, userRoom);
    const leftSg = departure === null ? null : (departure.headSg ?? departure.sg);
    if (userRoom !== undefined && departure !== null && leftSg !== null) {
      return { view, membership: userRoom.membership, sg: leftSg, departure, visibility };
    }
    if (visibility === 'world_readable') {
      const membership = userRoom === undefined || userRoom.forgotten ? null : userRoom.membership;
      return { view, membership, sg, departure: null, visibility };
    }
  }
  throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
}

async function visibilityIn(reader: RoomReader, view: RoomView, sg: number): Promise<HistoryVisibility> {
  const num = await view.stateValueAt(sg, VISIBILITY);
  const [event] = num === undefined ? [] : await reader.eventsByNum(view.info.roomId, [num]);
  return historyVisibilityOf(event === undefined ? undefined : contentOf(event));
}

/** The first event after the user's newest `join`; null for somebody who is in the room or never was. */
async function lastDeparture(reader: RoomReader, userRoom: UserRoom): Promise<StoredEvent | null> {
  let departure: StoredEvent | null = null;
  let num: number | null = userRoom.num;
  for (let step = 0; num !== null && step < MEMBERSHIP_STEPS_MAX; step++) {
    const [event]: StoredEvent[] = await reader.eventsByNum(userRoom.roomId, [num]);
    if (event === undefined) return null;
    if (contentString(event, 'membership') === 'join') return departure;
    departure = event;
    num = event.replaces;
  }
  return null;
}
