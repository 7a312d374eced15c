import type { IncomingRelation } from '../../core/filters/compile-event-filter.ts';
import type { DeviceId, RoomId, UserId } from '../../core/ids/brands.ts';
import type { StateTuple } from '../../core/state-res/state-map.ts';
import type { UserRoom } from '../../plugin-api/ports.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import type { ClientEventSerializer } from '../../rooms/client-event/client-event-serializer.ts';
import type { RoomReader, RoomView } from '../../rooms/room-reader.ts';
import type { CompiledFilter } from '../compiled-filter.ts';
import type { MemberMemory, SentMember } from '../member-memory.ts';

/** Events that point at the given ones, by number; only for filters with `related_by_*`. */
export type IncomingRelationsPort = (
  roomId: RoomId,
  nums: readonly number[],
) => Promise<ReadonlyMap<number, readonly IncomingRelation[]>> | ReadonlyMap<number, readonly IncomingRelation[]>;

export interface SectionDeps {
  readonly reader: RoomReader;
  readonly serializer: ClientEventSerializer;
  readonly incomingRelations: IncomingRelationsPort;
  readonly memory: MemberMemory;
}

/** What the sections of one answer have in common. Knows nothing of the envelope that they are put into. */
export interface SectionRequest {
  readonly userId: UserId;
  readonly deviceId: DeviceId | null;
  readonly txnScope: string | null;
  readonly filter: CompiledFilter;
  /** State at the end of the timeline instead of its start. */
  readonly stateAfter: boolean;
  /** Users whose messages are left out. */
  readonly ignored: ReadonlySet<UserId>;
}

export interface SelectedTimeline {
  readonly events: readonly StoredEvent[];
  readonly limited: boolean;
}

/** One room of an answer, decided but not yet loaded and written. */
export interface RoomPlan {
  readonly room: UserRoom;
  readonly view: RoomView;
  /** The whole state is sent, not the changes. */
  readonly full: boolean;
  /** Last position that the section covers. */
  readonly upTo: number;
  readonly timeline: SelectedTimeline;
  /** Event numbers of the state section. */
  readonly state: readonly number[];
  /** Member events that the section brings, in state or timeline (lazy loading only). */
  readonly members: readonly SentMember[];
  /** Members whose event changed in the window (not for full sections). */
  readonly memberChanges: readonly MemberChange[];
  readonly summary: SummaryPlan | null;
}

export interface MemberChange {
  readonly userId: UserId;
  readonly before: number | undefined;
  /** Null when the member vanished from the state. */
  readonly after: number | null;
}

export interface SummaryPlan {
  readonly heroes: readonly UserId[];
  readonly joined: number;
  readonly invited: number;
  /** `m.room.name` and `m.room.canonical_alias`: heroes are needed only when both are unset or empty. */
  readonly nameNums: readonly number[];
  /** Member events of the heroes that the state section needs if the heroes are sent (lazy loading only). */
  readonly heroMembers: readonly SentMember[];
}

export const MEMBER_PREFIX = 'm.room.member\0';

/** The user of a member event's state tuple. */
export function memberOf(tuple: StateTuple): UserId {
  return tuple.slice(MEMBER_PREFIX.length) as UserId;
}
