import type { DeviceId, RoomId, ServerName, UserId } from '../core/ids/brands.ts';
import type { ErrorCode } from '../core/errors/error-codes.ts';
import type { JsonObject } from '../core/json/json-value.ts';
import type { Write } from './commit.ts';
import type { Membership, RoomInfo } from './ports.ts';
import type { StoredEvent } from './stored-event.ts';

export type Verdict = { readonly allow: true } | { readonly allow: false; readonly errcode: ErrorCode; readonly reason: string };
export const ALLOW: Verdict = { allow: true };

/**
 * Checks that any number of plug-ins may add; they run in config order and the first refusal wins. Each has a deadline
 * (`HOOK_DEADLINE_MS`); what a late or throwing hook means is written beside its name: `closed` refuses, `open` allows.
 */
export interface HookInputs {
  /** An event about to be accepted, local or remote. fail-open */
  checkEvent: {
    roomId: RoomId;
    sender: UserId;
    type: string;
    stateKey: string | undefined;
    content: JsonObject;
    origin: ServerName | null;
  };
  /** fail-closed */
  checkRegistration: { localpart: string; ip: string; userAgent: string };
  /** fail-closed */
  checkLogin: { userId: UserId; deviceId: DeviceId | null; ip: string; userAgent: string };
  /** fail-open */
  checkInvite: { roomId: RoomId; inviter: UserId; invitee: UserId };
  /** fail-open */
  checkJoin: { roomId: RoomId; userId: UserId; isInvited: boolean };
  /** fail-open */
  checkRoomCreation: { creator: UserId; body: JsonObject };
  /** fail-open */
  checkProfile: { userId: UserId; field: string; value: unknown };
  /** fail-open */
  checkMediaUpload: { userId: UserId; contentType: string; bytes: number; fileName: string | null; sha256: string };
}

export type HookName = keyof HookInputs;
export type Hook<Name extends HookName> = (input: HookInputs[Name]) => Verdict | Promise<Verdict>;

export const HOOK_FAIL: { readonly [Name in HookName]: 'open' | 'closed' } = {
  checkEvent: 'open',
  checkRegistration: 'closed',
  checkLogin: 'closed',
  checkInvite: 'open',
  checkJoin: 'open',
  checkRoomCreation: 'open',
  checkProfile: 'open',
  checkMediaUpload: 'open',
};

/** Things that happened; listeners cannot refuse them. They are awaited before the request that caused them is answered. */
export interface Happenings {
  deviceDeleted: { userId: UserId; deviceIds: readonly DeviceId[] };
  /** A device was made or renamed: its owner's device list changed. */
  deviceChanged: { userId: UserId; deviceId: DeviceId };
  userRegistered: { userId: UserId; isGuest: boolean };
  userDeactivated: { userId: UserId; erase: boolean };
  profileChanged: { userId: UserId; fields: readonly string[] };
  roomUpgraded: { from: RoomId; to: RoomId; by: UserId };
  /** A user of this server came into the room that replaces another. */
  roomFollowed: { userId: UserId; from: RoomId; to: RoomId };
  accountDataChanged: { userId: UserId; roomId: RoomId | null; type: string };
}

export type HappeningName = keyof Happenings;

/** The room as an event observer sees it: the state just after the event. Everything is synchronous. */
export interface ObservedRoom {
  readonly info: RoomInfo;
  membership(userId: UserId): Membership | undefined;
  joinedCount(): number;
  /** Joined users of this server. */
  joinedLocals(): Iterable<UserId>;
  /** Content of a current state event whose number is already loaded; undefined when there is none. */
  stateContent(type: string, stateKey: string): JsonObject | undefined;
}

/**
 * Adds rows to the very transaction that stores an event (relations, counters, exceptions). `writes` runs inside the room's
 * critical section: synchronous, fast, no IO.
 */
export interface EventObserver {
  readonly name: string;
  /** Loads what `writes` will need for this room; returns undefined when it is warm already. */
  prepare?(
    room: RoomInfo,
    draft: { type: string; stateKey: string | undefined; sender: UserId; content: JsonObject },
  ): Promise<void> | undefined;
  writes(event: StoredEvent, content: JsonObject, room: ObservedRoom): readonly Write[];
}
