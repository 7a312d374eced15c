import type { RoomEvent } from '../events/room-event.ts';

/** The tie-breaks that all orderings of state resolution end with: the earlier timestamp, then the smaller event id. */
export function compareByAge(x: RoomEvent, y: RoomEvent): number {
  return x.originServerTs - y.originServerTs || compareText(x.eventId, y.eventId);
}

export function compareText(x: string, y: string): number {
  return x < y ? -1 : x > y ? 1 : 0;
}
