import type { UserId } from '../../core/ids/brands.ts';
import { stateTuple } from '../../core/state-res/state-map.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
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
  const groups = new Set<number>();
  for (const { sg } of events) if (sg !== null) groups.add(sg);
  const memberNum = new Map<number, number | undefined>();
  for (const sg of groups) memberNum.set(sg, await view.stateValueAt(sg, tuple));

  const membership = new Map<number, string>();
  if (known !== undefined) membership.set(known.num, known.membership);
  const missing = new Set<number>();
  for (const num of memberNum.values()) if (num !== undefined && !membership.has(num)) missing.add(num);
  if (missing.size > 0) {
    for (const event of await reader.eventsByNum(view.info.roomId, [...missing])) {
      membership.set(event.num, contentString(event, 'membership') ?? 'leave');
    }
  }
  return events.map((event) => {
    if (event.type === 'm.room.member' && event.stateKey === userId) return contentString(event, 'membership');
    if (event.sg === null) return undefined;
    const num = memberNum.get(event.sg);
    return num === undefined ? 'leave' : membership.get(num);
  });
}
