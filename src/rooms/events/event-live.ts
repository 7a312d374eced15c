import type { UserId } from '../../core/ids/brands.ts';
import type { StateTuple } from '../../core/state-res/state-map.ts';
import type { Membership, RoomInfo } from '../../plugin-api/ports.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';

/** A change of somebody's membership in current state. */
export interface MembershipChange {
  readonly userId: UserId;
  readonly membership: Membership | null;
  /** Number of the membership event; 0 when resolution took the membership away. */
  readonly num: number;
  readonly sender: UserId;
}

/** What a committed event record carries in `live` for listeners in this process. */
export interface EventLive {
  readonly kind: 'event';
  readonly room: RoomInfo;
  /** As stored, with its position. */
  readonly event: StoredEvent;
  /** Changes of current state; empty for most events. */
  readonly stateDelta: ReadonlyMap<StateTuple, number | null>;
  /** Group of the current state afterwards. */
  readonly headSg: number;
  readonly memberships: readonly MembershipChange[];
  /** The redacted form of the event that this one redacted. */
  readonly redacted: StoredEvent | null;
  /** The transaction id that the sender's client gave. */
  readonly txn: { readonly scope: string; readonly id: string } | null;
}

export function eventLiveOf(entry: { live: unknown }): EventLive | null {
  const live = entry.live as Partial<EventLive> | undefined | null;
  return live?.kind === 'event' ? (live as EventLive) : null;
}
