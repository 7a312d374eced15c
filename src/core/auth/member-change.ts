import type { RoomEvent } from '../events/room-event.ts';

/** A membership change: the event, the user it is about, and the create event of the room. */
export interface MemberChange {
  readonly event: RoomEvent;
  readonly target: string;
  readonly create: RoomEvent;
}
