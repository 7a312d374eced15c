import type { Membership, UserRoom } from '../plugin-api/ports.ts';
import type { StoredEvent } from '../plugin-api/stored-event.ts';
import { contentString } from '../rooms/client-event/content-of.ts';
import type { RoomReader } from '../rooms/room-reader.ts';

/** Member events of one user in one sync window that are looked at. */
const STEPS_MAX = 100;

export interface MembershipWindow {
  /** The membership at the lower bound; null when the user had none. */
  readonly before: Membership | null;
  /** The user was joined at some point after the lower bound, or at it. */
  readonly wasJoined: boolean;
  /** The user was something else than joined at some point after the lower bound, or at it. */
  readonly wasOut: boolean;
}

/**
 * What a user's membership was between `from` and its newest member event, found by walking from that event back along the member
 * events that it replaced. No step at all when the newest one is not after `from`.
 */
export async function membershipWindow(reader: Pick<RoomReader, 'eventsByNum'>, room: UserRoom, from: number): Promise<MembershipWindow> {
  let membership: Membership | null = room.membership;
  let wasJoined = membership === 'join';
  let wasOut = membership !== 'join';
  let { pos } = room;
  let num: number | null = room.num;
  for (let step = 0; pos > from && step < STEPS_MAX; step++) {
    const event = await one(reader, room, num);
    num = event?.replaces ?? null;
    const previous = await one(reader, room, num);
    if (previous === undefined) {
      membership = null;
      wasOut = true;
      break;
    }
    membership = (contentString(previous, 'membership') ?? 'leave') as Membership;
    pos = previous.pos;
    if (membership === 'join') wasJoined = true;
    else wasOut = true;
  }
  return { before: membership, wasJoined, wasOut };
}

async function one(reader: Pick<RoomReader, 'eventsByNum'>, room: UserRoom, num: number | null): Promise<StoredEvent | undefined> {
  return num === null ? undefined : (await reader.eventsByNum(room.roomId, [num]))[0];
}
