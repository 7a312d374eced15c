import type { Readable } from 'node:stream';
import type { DeviceId, RoomId, ServerName, UserId } from '../core/ids/brands.ts';
import type { JsonObject } from '../core/json/json-value.ts';
import type { PushContext } from '../core/push/compile-condition.ts';
import type { PushProgram } from '../core/push/compile-ruleset.ts';
import type { PushOutcome } from '../core/push/push-outcome.ts';
import type { StateResolver } from '../core/state-res/state-resolver.ts';
import type { Write } from './commit.ts';
import type { AliasPort, ProfilePort } from './ports.ts';
import type { StoredEvent } from './stored-event.ts';

/** Places that take exactly one provider. */
export interface Slots {
  /** `stateResolver:<algorithm>`; the algorithm's name stands in the room-version table. */
  'stateResolver:v1': StateResolver;
  'stateResolver:v2': StateResolver;
  'stateResolver:v2.1': StateResolver;
  presence: PresenceSlot;
  pushRules: PushRulesSlot;
  profile: ProfilePort;
  remoteProfiles: RemoteProfilesSlot;
  ignoredUsers: IgnoredUsersSlot;
  accountData: AccountDataSlot;
  aliases: AliasPort;
  mediaStore: MediaStoreSlot;
  passwordProvider: PasswordProviderSlot;
  rateLimiter: RateLimiterSlot;
  relations: RelationsSlot;
  toDeviceQueue: ToDeviceQueueSlot;
  deviceKeys: DeviceKeysSlot;
}

export type SlotName = keyof Slots;

export interface PresenceSlot {
  get(userId: UserId): Promise<JsonObject>;
  /** A client showed signs of life (a sync, a message). What follows from it has its place in the log when the promise resolves. */
  touch(userId: UserId, state: 'online' | 'unavailable' | 'offline'): Promise<void> | undefined;
}

/** Evaluates push rules and keeps unread counts. */
export interface PushRulesSlot {
  /**
   * What compiled rules say to an event: pure and synchronous. Everything else follows from it; the built-in module asks whoever fills the
   * slot. With `context.userId` null the answer counts for every user with these rules whom the event does not name.
   */
  evaluate(program: PushProgram, context: PushContext): PushOutcome;
  /**
   * Whether an event counts as unread for an ordinary member under the default rules: pure and synchronous, it decides `ncum` and `tcum`.
   */
  notifiesByDefault(event: { type: string; stateKey: string | undefined; content: JsonObject }): boolean;
  /** The actions of a user's rules for an event they may see. */
  actionsFor(userId: UserId, event: StoredEvent): Promise<readonly (string | JsonObject)[]>;
  counts(userId: UserId, roomId: RoomId): Promise<UnreadCounts>;
  /** Content of the user's `m.push_rules`. */
  rulesContent(userId: UserId): Promise<JsonObject>;
  /**
   * What a read receipt of a local user changes: rows for the receipt's own commit, and `committed`, which the record calls once it is
   * committed. `null` when the event takes no part in counting.
   */
  markRead(mark: ReadMark): { readonly writes: readonly Write[]; readonly committed: () => void } | null;
}

export interface ReadMark {
  readonly userId: UserId;
  /** Everything up to and including this event is read. */
  readonly event: StoredEvent;
  /** The whole room, the main timeline, or the thread whose root has this number. */
  readonly scope: 'room' | 'main' | number;
}

/** Account data. `roomId: null` is the data that belongs to no room. */
export interface AccountDataSlot {
  get(key: AccountDataKey): Promise<JsonObject | null>;
  /** Also for the types that clients cannot set. Durable when it resolves; emits `accountDataChanged`. */
  set(key: AccountDataKey, content: JsonObject): Promise<void>;
}

export interface AccountDataKey {
  readonly userId: UserId;
  readonly roomId: RoomId | null;
  readonly type: string;
}

/** Whom users ignore (`m.ignored_user_list`). Answers from memory once it was asked about a user. */
export interface IgnoredUsersSlot {
  ignoredBy(userId: UserId): Promise<ReadonlySet<UserId>>;
  /** Users who ignore nobody are left out. */
  ignoredByMany(userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, ReadonlySet<UserId>>>;
}

/** Asks other homeservers about their users. */
export interface RemoteProfilesSlot {
  /** `null` when the user does not exist or their server cannot be asked. */
  get(userId: UserId): Promise<JsonObject | null>;
}

export interface UnreadCounts {
  readonly main: { readonly notify: number; readonly highlight: number };
  /** By thread root's event id. Threads without unread events are left out. */
  readonly threads: ReadonlyMap<string, { readonly notify: number; readonly highlight: number }>;
}

/** Where the content of files lies. Keys are lower-case names with slashes between them. An object is there whole or not at all. */
export interface MediaStoreSlot {
  /** Durable when it resolves; replaces an object of the same key. Rejects, and keeps nothing, when `bytes` is given and was wrong. */
  put(key: string, data: Readable, options: { bytes?: number }): Promise<{ bytes: number }>;
  /** `put` of a file that is on this machine's disk already: faster where the store can take the file itself. It may be gone afterwards. */
  putFile?(key: string, file: string): Promise<void>;
  /** `range` in bytes, both inclusive; `bytes`: length of the stream. Null when the object does not exist. */
  get(key: string, range?: { start: number; end: number }): Promise<{ stream: Readable; bytes: number } | null>;
  delete(key: string): Promise<void>;
}

export interface PasswordProviderSlot {
  /** The user that this login and password belong to, or null. `login` is what the client sent: a localpart or a full user id. */
  check(login: string, password: string): Promise<UserId | null>;
  set(userId: UserId, password: string): Promise<void>;
}

export interface RateLimiterSlot {
  /** ms to wait, or 0 when the action may go on. */
  consume(bucket: string, key: string, points?: number): Promise<number>;
}

/** Events that point at other events. */
export interface RelationsSlot {
  /** JSON text of `unsigned.m.relations` by event number, as this user may see it; events without aggregated children are absent. */
  bundled(options: {
    readonly userId: UserId;
    readonly roomId: RoomId;
    readonly events: readonly StoredEvent[];
  }): Promise<ReadonlyMap<number, string>> | ReadonlyMap<number, string>;
  /** Relations that point at the given events, by number of the event that is pointed at. */
  incoming(roomId: RoomId, nums: readonly number[]): Promise<ReadonlyMap<number, readonly { relType: string; sender: UserId }[]>>;
}

/** Messages that wait for a device. */
export interface ToDeviceQueueSlot {
  /** The oldest messages after a position, as JSON texts of client-format events, without deleting anything. `more`: there are further ones. */
  read(options: {
    userId: UserId;
    deviceId: DeviceId;
    /** Exclusive position. */
    after: number;
    limit: number;
  }): Promise<{ readonly events: readonly string[]; readonly to: number; readonly more: boolean }>;
}

/** Identity keys of devices. */
export interface DeviceKeysSlot {
  /**
   * Checks and stores the keys of a device like `POST /keys/upload`, together with further writes, in one commit.
   * Throws the MatrixError that the client is told.
   */
  upload(options: { userId: UserId; deviceId: DeviceId; body: JsonObject; writes: readonly Write[] }): Promise<void>;
}

export type { ServerName };
