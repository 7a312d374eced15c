import type { RoomId, UserId } from '../core/ids/brands.ts';
import type { UserRoom } from '../plugin-api/ports.ts';

/** A user's memberships at one moment. Nothing in it changes later. */
export interface MembershipSnapshot {
  /** Position of the log that it is true for. */
  readonly to: number;
  /** Rooms with membership `join`. */
  readonly joined: ReadonlyMap<RoomId, UserRoom>;
  /** Every membership, the newest change first. */
  readonly byPos: readonly UserRoom[];
}

/** A user with a sync parked or lately parked: what the notifier keeps so that a wake costs nothing per joined room. */
export class WatchedUser {
  readonly userId: UserId;
  /** Requests that hold on to this entry. */
  holders = 0;
  joined: ReadonlyMap<RoomId, UserRoom> = new Map();
  byPos: readonly UserRoom[] = [];
  /** The memberships must be read (again). */
  stale = true;
  /** Counts changes of memberships, so that a read that was overtaken by one is noticed. */
  changes = 0;
  /** A read under way. */
  refreshing: Promise<void> | null = null;
  /** Position of the newest entry that concerns the user. */
  lastPos: number;
  /** The same for entries that may wait a moment. */
  lastPatientPos: number;
  readonly waiters = new Set<() => void>();

  constructor(userId: UserId, position: number) {
    this.userId = userId;
    this.lastPos = position;
    this.lastPatientPos = position;
  }
}

/** Membership changes after `from`, newest first. */
export function* changesAfter(from: number, byPos: readonly UserRoom[]): Generator<UserRoom> {
  for (const room of byPos) {
    if (room.pos <= from) return;
    yield room;
  }
}
