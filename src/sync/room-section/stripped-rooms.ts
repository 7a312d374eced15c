import type { RoomId, UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import { stateTuple } from '../../core/state-res/state-map.ts';
import type { UserRoom } from '../../plugin-api/ports.ts';
import { pruneStripped, STRIPPED_STATE_TYPES, strippedEvent } from '../../rooms/client-event/stripped-event.ts';
import type { RoomReader } from '../../rooms/room-reader.ts';

/**
 * Stripped state that another server sent with an invite or in answer to a knock, by room; rooms without any are absent.
 * The newest one counts when a user was invited several times.
 */
export type StrippedStatePort = (
  userId: UserId,
  rooms: readonly UserRoom[],
) => Promise<ReadonlyMap<RoomId, readonly JsonObject[]>> | ReadonlyMap<RoomId, readonly JsonObject[]>;

/**
 * Stripped state of rooms that the user is invited to or has knocked on, with the user's own member event last. What came with the
 * invite from elsewhere wins over our own copy of the room, which is out of date when no local user has been in it since.
 * https://spec.matrix.org/v1.19/client-server-api/#stripped-state
 */
export async function strippedRooms(
  deps: { readonly reader: RoomReader; readonly strippedState: StrippedStatePort },
  userId: UserId,
  rooms: readonly UserRoom[],
): Promise<Map<RoomId, JsonObject[]>> {
  const result = new Map<RoomId, JsonObject[]>();
  if (rooms.length === 0) return result;
  const [sent, views] = await Promise.all([deps.strippedState(userId, rooms), deps.reader.views(rooms.map((room) => room.roomId))]);
  const wanted = new Map<RoomId, number[]>();
  for (const room of rooms) {
    const nums: number[] = [];
    const view = sent.has(room.roomId) ? undefined : views.get(room.roomId);
    const group = view === undefined ? 0 : await view.stateGroupAt(room.pos);
    if (view !== undefined && group !== 0) {
      const state = await view.stateAt(group);
      const tuples = STRIPPED_STATE_TYPES.map((type) => stateTuple(type, ''));
      // The inviter's name and avatar are what an invite is shown with.
      if (room.sender !== userId) tuples.push(stateTuple('m.room.member', room.sender));
      for (const tuple of tuples) {
        const num = state.get(tuple);
        if (num !== undefined && num !== room.num) nums.push(num);
      }
    }
    wanted.set(room.roomId, [...nums, room.num]);
  }
  const loaded = await deps.reader.eventsOfRooms(wanted);
  for (const { roomId, num } of rooms) {
    const events = loaded.get(roomId) ?? [];
    const own = events.find((event) => event.num === num);
    const received = (sent.get(roomId) ?? []).map(pruneStripped).filter((event) => event !== null);
    result.set(roomId, [
      ...received.filter((event) => event['type'] !== 'm.room.member' || event['state_key'] !== userId),
      ...events.filter((event) => event.num !== num).map(strippedEvent),
      ...(own === undefined ? [] : [strippedEvent(own)]),
    ]);
  }
  return result;
}
