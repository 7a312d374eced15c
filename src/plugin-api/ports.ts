import type { DeviceId, EventId, RoomAlias, RoomId, ServerName, UserId } from '../core/ids/brands.ts';
import type { JsonObject } from '../core/json/json-value.ts';
import type { RoomVersionId } from '../core/room-versions/room-version.ts';
import type { StateTuple } from '../core/state-res/state-map.ts';
import type { StoredEvent } from './stored-event.ts';

export type Membership = 'join' | 'invite' | 'leave' | 'ban' | 'knock';

export interface RoomInfo {
  readonly nid: number;
  readonly roomId: RoomId;
  readonly version: RoomVersionId;
}

/** A user's place in a room, as of the last committed event. */
export interface UserRoom {
  readonly roomId: RoomId;
  readonly nid: number;
  readonly membership: Membership;
  /** The membership event: number in the room, position in the log. */
  readonly num: number;
  readonly pos: number;
  /** Whether the user left and then called /forget. */
  readonly forgotten: boolean;
  /** Sender of the membership event (who invited, kicked, banned). */
  readonly sender: UserId;
}

export interface SendOptions {
  readonly roomId: RoomId;
  readonly sender: UserId;
  readonly type: string;
  /** Present for state events. */
  readonly stateKey?: string;
  readonly content: JsonObject;
  /** Transaction id with its scope: device id, or `token:<id>` for callers without a device. */
  readonly txn?: { readonly scope: string; readonly id: string };
  /** Only for application services and imports; ms. */
  readonly originServerTs?: number;
  readonly redacts?: EventId;
}

export interface SendResult {
  readonly eventId: EventId;
  readonly pos: number;
  /** False when the transaction id was used before: the first event is returned. */
  readonly isNew: boolean;
}

/** What modules and endpoints may ask of rooms. All reads are of committed state. */
export interface RoomsPort {
  info(roomId: RoomId): Promise<RoomInfo | null>;
  /** Every room the user has a membership event in, forgotten ones included. Cached; 0 SQL when warm. */
  roomsOf(userId: UserId): Promise<ReadonlyMap<RoomId, UserRoom>>;
  membership(roomId: RoomId, userId: UserId): Promise<Membership | null>;
  /** Users with membership `join`. Cached. */
  joinedMembers(roomId: RoomId): Promise<ReadonlySet<UserId>>;
  /** Whether two users share at least one room that both have joined. */
  shareRoom(a: UserId, b: UserId): Promise<boolean>;
  /** Everybody who shares a joined room with the user (the user not included). */
  usersSharingRoom(userId: UserId): Promise<ReadonlySet<UserId>>;
  /** Users who may have come into or gone out of the user's sight in (from, to]; the same answer that `SyncRequest.membershipChanges` gives. */
  membershipChanges(options: {
    userId: UserId;
    /** Positions of the commit log. */
    from: number;
    to: number;
  }): Promise<{ readonly appeared: ReadonlySet<UserId>; readonly vanished: ReadonlySet<UserId> }>;
  /** Current state: one event, or null. */
  stateEvent(roomId: RoomId, type: string, stateKey: string): Promise<StoredEvent | null>;
  /** Current state, whole, as event numbers. */
  currentState(roomId: RoomId): Promise<ReadonlyMap<StateTuple, number>>;
  /** Events of a room by number, in the order asked for; unknown numbers are left out. */
  eventsByNum(roomId: RoomId, nums: readonly number[]): Promise<StoredEvent[]>;
  /** The event if it belongs to this room and is not rejected, soft-failed or a stub. Says nothing about who may see it. */
  event(roomId: RoomId, eventId: EventId): Promise<StoredEvent | null>;
  /** The event if this user may see it by the room's history visibility; null hides both absence and refusal. */
  visibleEvent(options: { roomId: RoomId; eventId: EventId; userId: UserId }): Promise<StoredEvent | null>;
  /** Content of a stored event, parsed. Cached with the event. */
  content(event: StoredEvent): JsonObject;
  send(options: SendOptions): Promise<SendResult>;
  setMembership(options: {
    roomId: RoomId;
    sender: UserId;
    target: UserId;
    membership: Membership;
    reason?: string;
    /** Further keys of the content. */
    content?: JsonObject;
    txn?: { scope: string; id: string };
  }): Promise<SendResult>;
  /** Refreshes displayname/avatar_url in the member events of every joined room, in the background of the caller's request. */
  propagateProfile(userId: UserId): Promise<void>;
}

/** Events on their way to a client. */
export interface EventsPort {
  /** The events that this user may see by history visibility; order is kept. */
  visible(options: { userId: UserId; roomId: RoomId; events: readonly StoredEvent[] }): Promise<StoredEvent[]>;
  /** JSON text of each event in client format, in order. */
  serialize(options: {
    /** `txnScope`: scope of the reader's own transaction ids (the device, or `token:<id>`); null leaves `transaction_id` out. */
    viewer: { readonly userId: UserId; readonly txnScope: string | null };
    roomId: RoomId;
    /** Events of this one room that the viewer may see. */
    events: readonly StoredEvent[];
    /** `unsigned.m.relations`. Default true. */
    withRelations?: boolean;
  }): Promise<string[]>;
}

/** What modules may ask of accounts. */
export interface UsersPort {
  isLocal(userId: UserId): boolean;
  /** A local account that exists (deactivated ones too). */
  exists(userId: UserId): Promise<boolean>;
  isDeactivated(userId: UserId): Promise<boolean>;
  devices(userId: UserId): Promise<readonly DeviceInfo[]>;
  /** A device without an access token (a dehydrated one). Harmless when it exists. Emits `deviceChanged`. */
  createDevice(options: { userId: UserId; deviceId: DeviceId; displayName: string | null }): Promise<void>;
  /** With their tokens. Emits `deviceDeleted`; unknown ids are skipped. */
  deleteDevices(userId: UserId, deviceIds: readonly DeviceId[]): Promise<void>;
}

export interface DeviceInfo {
  readonly deviceId: DeviceId;
  readonly displayName: string | null;
  readonly lastSeenTs: number | null;
  readonly lastSeenIp: string | null;
}

/** Profile look-up; the profile module provides it. */
export interface ProfilePort {
  get(userId: UserId): Promise<JsonObject | null>;
}

/** Room aliases of this server; the directory provides it. */
export interface AliasPort {
  resolve(alias: RoomAlias): Promise<{ roomId: RoomId; servers: ServerName[] } | null>;
}

/** User-interactive authentication; see client-server API "User-Interactive Authentication API". */
export interface UiaPort {
  /**
   * Returns when the caller has completed one of the flows; otherwise throws the 401 that tells the client what to do.
   * `auth` is the `auth` key of the request's body.
   */
  require(options: {
    userId: UserId | null;
    deviceId: DeviceId | null;
    auth: JsonObject | undefined;
    /** What is being authorised; a session may not be reused for something else. */
    action: string;
    ip: string;
    clientDict?: JsonObject;
  }): Promise<void>;
}
