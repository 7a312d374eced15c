import type { UserId } from '../../core/ids/brands.ts';
import { stateTuple } from '../../core/state-res/state-map.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import { valuesAlong } from '../read/values-along.ts';
import type { RoomReader, RoomView } from '../room-reader.ts';
import { contentString } from './content-of.ts';

/**
 * The user's membership in the state after each event of one room, in the order of `events`; `leave` where the user had no member
 * event, undefined where the state is not known (backfilled events whose state nobody has needed).
 * https://spec.matrix.org/v1.19/client-server-api/#room-event-format (`unsigned.membership`)
 */
export async function membershipsAt(options: {
  readonly reader: Pick<RoomReader, 'eventsByNum'>;
  readonly view: RoomView;
  readonly userId: UserId;
  readonly events: readonly StoredEvent[];
  /** The user's newest member event: saves looking it up where it is the one in force. */
  readonly known?: { readonly num: number; readonly membership: string } | undefined;
}): Promise<(string | undefined)[]> {
  const { reader, view, userId, events, known } = options;
  const tuple = stateTuple('m.room.member', userId);
  const values = await valuesAlong(view, events, tuple);

  const membership = new Map<number, string>();
  if (known !== undefined) membership.set(known.num, known.membership);
  const missing = new Set<number>();
  for (const value of values) if (value?.after !== undefined && !membership.has(value.after)) missing.add(value.after);
  if (missing.size > 0) {
    for (const event of await reader.eventsByNum(view.info.roomId, [...missing])) {
      membership.set(event.num, contentString(event, 'membership') ?? 'leave');
    }
  }
  return events.map((event, index) => {
    if (event.type === 'm.room.member' && event.stateKey === userId) return contentString(event, 'membership');
    const value = values[index];
    if (value === null || value === undefined) return undefined;
    return value.after === undefined ? 'leave' : membership.get(value.after);
  });
}
