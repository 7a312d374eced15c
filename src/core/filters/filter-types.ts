/** Events asked for when a filter names no limit. */
export const FILTER_LIMIT_DEFAULT = 10;
/** Most events that a filter's `limit` can ask for; a larger number is lowered to it. */
export const FILTER_LIMIT_MAX = 1000;
/** Entries in one list of a filter (types, senders, rooms, …). */
export const FILTER_LIST_ENTRIES_MAX = 10_000;
/** Paths in `event_fields`. */
export const FILTER_EVENT_FIELDS_MAX = 1000;

/** A checked EventFilter: presence and account data outside rooms. Absent lists do not restrict; an empty list of things to include lets nothing through. */
export interface EventFilter {
  /** 0 to FILTER_LIMIT_MAX; `undefined` when the filter does not say. */
  readonly limit: number | undefined;
  readonly types: readonly string[] | undefined;
  readonly notTypes: readonly string[];
  readonly senders: readonly string[] | undefined;
  readonly notSenders: readonly string[];
}

/** A checked RoomEventFilter. */
export interface RoomEventFilter extends EventFilter {
  readonly rooms: readonly string[] | undefined;
  readonly notRooms: readonly string[];
  readonly containsUrl: boolean | undefined;
  readonly lazyLoadMembers: boolean;
  readonly includeRedundantMembers: boolean;
  readonly unreadThreadNotifications: boolean;
  /** Only events that somebody of these senders relates to (MSC3440). */
  readonly relatedBySenders: readonly string[] | undefined;
  /** Only events that are the target of a relation of one of these types (MSC3440). */
  readonly relatedByRelTypes: readonly string[] | undefined;
}

/** The `room` part of a sync filter. Its own room lists apply before those of the four parts. */
export interface RoomFilter {
  readonly rooms: readonly string[] | undefined;
  readonly notRooms: readonly string[];
  readonly includeLeave: boolean;
  readonly timeline: RoomEventFilter;
  readonly state: RoomEventFilter;
  readonly ephemeral: RoomEventFilter;
  readonly accountData: RoomEventFilter;
}

/** A checked filter as `/user/{userId}/filter` and `/sync` take it. */
export interface SyncFilter {
  /** Dot-separated paths; `undefined` for whole events. */
  readonly eventFields: readonly string[] | undefined;
  readonly eventFormat: 'client' | 'federation';
  readonly presence: EventFilter;
  readonly accountData: EventFilter;
  readonly room: RoomFilter;
}
