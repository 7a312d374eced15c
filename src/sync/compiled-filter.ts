import { compileEventFields, type EventProjection } from '../core/filters/apply-event-fields.ts';
import { compileEventFilter, compileRoomFilter, type EventPredicate, needsRelations } from '../core/filters/compile-event-filter.ts';
import { type EventFilter, FILTER_LIMIT_DEFAULT, type RoomEventFilter, type SyncFilter } from '../core/filters/filter-types.ts';
import { parseSyncFilter } from '../core/filters/parse-filter.ts';

/** A part of a filter as a predicate; null lets everything through. */
export type Part = EventPredicate | null;

/** A filter ready for use. A `limit` counts timeline events only: state, account data and receipts would be incomplete without notice. */
export interface CompiledFilter {
  /** Equal filters have equal keys. */
  readonly key: string;
  readonly source: SyncFilter;
  /** `rooms` and `not_rooms` of the room part; null when every room passes. */
  readonly roomAllowed: ((roomId: string) => boolean) | null;
  readonly timeline: Part;
  readonly timelineLimit: number;
  /** The timeline's predicate wants the relations that point at each event. */
  readonly timelineNeedsRelations: boolean;
  readonly state: Part;
  readonly stateNeedsRelations: boolean;
  readonly ephemeral: Part;
  readonly roomAccountData: Part;
  readonly presence: Part;
  readonly accountData: Part;
  readonly fields: EventProjection | null;
  readonly lazyMembers: boolean;
  readonly redundantMembers: boolean;
}

export function compileFilter(key: string, source: SyncFilter): CompiledFilter {
  const { room } = source;
  return {
    key,
    source,
    roomAllowed: room.rooms === undefined && room.notRooms.length === 0 ? null : compileRoomFilter(room),
    timeline: compilePart(room.timeline),
    timelineLimit: room.timeline.limit ?? FILTER_LIMIT_DEFAULT,
    timelineNeedsRelations: needsRelations(room.timeline),
    state: compilePart(room.state),
    stateNeedsRelations: needsRelations(room.state),
    ephemeral: compilePart(room.ephemeral),
    roomAccountData: compilePart(room.accountData),
    presence: compilePart(source.presence),
    accountData: compilePart(source.accountData),
    fields: source.eventFields === undefined ? null : compileEventFields(source.eventFields),
    lazyMembers: room.state.lazyLoadMembers,
    redundantMembers: room.state.includeRedundantMembers,
  };
}

/** The filter of a request that names none. */
export const NO_FILTER: CompiledFilter = compileFilter('', parseSyncFilter({}));

function compilePart(filter: EventFilter | RoomEventFilter): Part {
  return restricts(filter) ? compileEventFilter(filter) : null;
}

function restricts(filter: EventFilter | RoomEventFilter): boolean {
  if (filter.types !== undefined || filter.notTypes.length > 0 || filter.senders !== undefined || filter.notSenders.length > 0) return true;
  if (!('rooms' in filter)) return false;
  return filter.rooms !== undefined || filter.notRooms.length > 0 || filter.containsUrl !== undefined || needsRelations(filter);
}
