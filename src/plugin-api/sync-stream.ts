import type { SyncFilter } from '../core/filters/filter-types.ts';
import type { DeviceId, RoomId, UserId } from '../core/ids/brands.ts';
import type { JsonObject } from '../core/json/json-value.ts';
import type { UserRoom } from './ports.ts';

/** The sync request that a stream contributes to. */
export interface SyncRequest {
  readonly userId: UserId;
  readonly deviceId: DeviceId | null;
  readonly isGuest: boolean;
  /** Exclusive lower bound; null for an initial sync. */
  readonly from: number | null;
  /** Inclusive upper bound. */
  readonly to: number;
  readonly fullState: boolean;
  /** Rooms whose joined section is part of this answer's account (not only the changed ones), after the filter's `rooms` and `not_rooms`. */
  readonly joined: ReadonlyMap<RoomId, UserRoom>;
  /** Rooms that the user joined in (from, to]: their data is sent as if initial. */
  readonly newlyJoined: ReadonlySet<RoomId>;
  /** Users who may have come into or gone out of sight in (from, to] because of membership changes (device lists need it). */
  readonly membershipChanges: { readonly appeared: ReadonlySet<UserId>; readonly vanished: ReadonlySet<UserId> };
  /** Parsed filter, as `core/filters` gives it; sections are applied by sync after the stream answered. */
  readonly filter: SyncFilter;
  readonly signal: AbortSignal;
}

/** What a stream adds to an answer. Events are client-format objects or ready JSON text. */
export interface SyncContribution {
  /** `presence.events` */
  readonly presence?: readonly JsonObject[];
  /** Global `account_data.events` */
  readonly accountData?: readonly JsonObject[];
  /** `to_device.events` */
  readonly toDevice?: readonly (JsonObject | string)[];
  /** Set when `toDevice` was cut off: the answer's token covers only up to here, and the client comes back at once. */
  readonly toDeviceTo?: number;
  /** Further top-level keys: `device_lists`, `device_one_time_keys_count`, `device_unused_fallback_key_types`. */
  readonly top?: JsonObject;
  readonly rooms?: ReadonlyMap<RoomId, RoomContribution>;
}

export interface RoomContribution {
  readonly ephemeral?: readonly JsonObject[];
  readonly accountData?: readonly JsonObject[];
  /** Keys merged into the joined room's object: `unread_notifications`, `unread_thread_notifications`, … They do not make a room "changed". */
  readonly fields?: JsonObject;
}

/**
 * Something that sync answers carry besides timelines and state. A stream must answer from memory when nothing changed for the user in
 * (from, to]: an idle sync does no SQL.
 */
export interface SyncStream {
  readonly name: string;
  contribute(request: SyncRequest): Promise<SyncContribution | null> | SyncContribution | null;
  /**
   * Called for the rooms that will appear in the answer, after timelines are known: counts and the like, for these rooms only.
   */
  decorate?(request: SyncRequest, rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, RoomContribution>>;
  /** The client has come back with a token: everything up to `upTo` reached the device. */
  acknowledge?(userId: UserId, deviceId: DeviceId, upTo: number): void;
  /** Whether a waiting sync of this user should end because of entries in (from, to]. Default: any entry that names the user or a joined room. */
  readonly wakes?: boolean;
}
