import { compileEventFilter, needsRelations } from '../../../../core/filters/compile-event-filter.ts';
import type { RoomEventFilter } from '../../../../core/filters/filter-types.ts';
import { parseRoomEventFilter, parseRoomEventFilterParam } from '../../../../core/filters/parse-filter.ts';
import type { RoomId, UserId } from '../../../../core/ids/brands.ts';
import { stateTuple } from '../../../../core/state-res/state-map.ts';
import type { StoredEvent } from '../../../../plugin-api/stored-event.ts';
import type { RoomView } from '../../../../rooms/room-reader.ts';
import type { RoomEndpointDeps } from './room-endpoint.ts';

type KeepEvents = (events: readonly StoredEvent[]) => Promise<StoredEvent[]>;

/** The `filter` parameter of `/messages` and `/context`; absent: everything. */
export function readEventFilter(query: URLSearchParams): RoomEventFilter {
  const text = query.get('filter');
  return text === null || text === '' ? parseRoomEventFilter({}) : parseRoomEventFilterParam(text);
}

/** Events that pass a filter, whoever reads them. */
export function filteredBy(deps: RoomEndpointDeps, roomId: RoomId, filter: RoomEventFilter): KeepEvents {
  const passes = compileEventFilter(filter);
  return async (events) => {
    const relations = needsRelations(filter)
      ? await deps.incomingRelations(
          roomId,
          events.map((event) => event.num),
        )
      : null;
    return events.filter((event) =>
      passes(
        { type: event.type, sender: event.sender, roomId, content: deps.rooms.content(event) },
        relations === null ? undefined : (relations.get(event.num) ?? []),
      ),
    );
  };
}

/**
 * What of a piece of history a user is shown: what history visibility allows, without messages of people they ignore (state stays,
 * https://spec.matrix.org/v1.19/client-server-api/#ignoring-users), and what passes the filter.
 */
export async function shownTo(
  deps: RoomEndpointDeps,
  { userId, roomId, filter }: { userId: UserId; roomId: RoomId; filter: RoomEventFilter },
): Promise<KeepEvents> {
  const ignored = await deps.ignoredBy(userId);
  const filtered = filteredBy(deps, roomId, filter);
  return async (events) => {
    const heard = events.filter((event) => event.stateKey !== undefined || !ignored.has(event.sender));
    return filtered(await deps.reader.filterVisible(userId, roomId, heard));
  };
}

/**
 * Member events of the senders of events, from one state.
 * https://spec.matrix.org/v1.19/client-server-api/#lazy-loading-room-members
 */
export async function membersBehind(
  deps: RoomEndpointDeps,
  view: RoomView,
  sg: number,
  events: readonly StoredEvent[],
): Promise<StoredEvent[]> {
  const nums = new Set<number>();
  for (const sender of new Set(events.map((event) => event.sender))) {
    const num = await view.stateValueAt(sg, stateTuple('m.room.member', sender));
    if (num !== undefined) nums.add(num);
  }
  return deps.reader.eventsByNum(view.info.roomId, [...nums]);
}
