import type { UserId } from '../../core/ids/brands.ts';
import { type StateTuple, stateTuple } from '../../core/state-res/state-map.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import type { RoomView } from '../../rooms/room-reader.ts';
import type { SentMember } from '../member-memory.ts';
import { MEMBER_PREFIX, type MemberChange, memberOf, type SectionDeps, type SectionRequest } from './section-types.ts';

type NumState = ReadonlyMap<StateTuple, number>;
const EMPTY: NumState = new Map();

export interface StatePlan {
  readonly state: number[];
  readonly members: SentMember[];
  readonly memberChanges: MemberChange[];
  /** Members, name or alias changed in the window: the summary must be sent again. */
  readonly summaryChanged: boolean;
  /** One key of the state at the end of the section. */
  readonly valueAtEnd: (tuple: StateTuple) => Promise<number | undefined>;
  /** A member's event at the point that the section's state describes. */
  readonly memberAt: (userId: UserId) => Promise<number | undefined>;
}

/**
 * Which state events a room's section needs.
 *
 * It starts from the state at the *end* of the section and leaves out the keys that the timeline itself sets, giving for those the
 * value from before the timeline. For a linear history that is the state at the timeline's start. Where histories merged, or events
 * of the timeline are withheld (filters, visibility), it also brings the state that the client would otherwise never hear of.
 * https://spec.matrix.org/v1.19/client-server-api/#syncing
 */
export async function planState(
  deps: Pick<SectionDeps, 'memory'>,
  request: SectionRequest,
  input: {
    readonly view: RoomView;
    /** Lower bound of a window of changes; null: the whole state. */
    readonly after: number | null;
    readonly upTo: number;
    readonly events: readonly StoredEvent[];
  },
): Promise<StatePlan> {
  const { view, after, upTo, events } = input;
  const lazy = request.filter.lazyMembers;
  const endGroup = await view.stateGroupAt(upTo);
  const before = request.stateAfter ? new Map<StateTuple, number | null>() : replacedBy(events);
  const valueAtEnd = (tuple: StateTuple): Promise<number | undefined> => valueOf(view, endGroup, tuple);
  const memberAt = (userId: UserId): Promise<number | undefined> => {
    const tuple = stateTuple('m.room.member', userId);
    const replaced = before.get(tuple);
    return replaced === undefined ? valueAtEnd(tuple) : Promise.resolve(replaced ?? undefined);
  };

  const chosen = new Map<StateTuple, number>();
  let memberChanges: MemberChange[] = [];
  let summaryChanged = after === null;
  if (after === null) {
    for (const [tuple, num] of await stateOf(view, endGroup)) {
      if (lazy && tuple.startsWith(MEMBER_PREFIX)) continue;
      const replaced = before.get(tuple);
      const value = replaced === undefined ? num : replaced;
      if (value !== null) chosen.set(tuple, value);
    }
  } else {
    const fromGroup = await view.stateGroupAt(after);
    const changes = await deltaOf(view, fromGroup, endGroup);
    for (const [tuple, num] of changes) {
      if (num !== null && !before.has(tuple)) chosen.set(tuple, num);
      summaryChanged ||= affectsSummary(tuple);
    }
    for (const [tuple, num] of before) {
      if (num !== null && num !== (await valueOf(view, fromGroup, tuple))) chosen.set(tuple, num);
    }
    memberChanges = await changedMembers(view, fromGroup, changes);
  }

  if (lazy) await chooseMembers(deps, request, { roomId: view.info.roomId, whole: after === null, events, memberAt, chosen });
  return {
    state: [...chosen.values()],
    members: lazy ? sentMembers(view, chosen, events) : [],
    memberChanges,
    summaryChanged,
    valueAtEnd,
    memberAt,
  };
}

/**
 * Adds the members whom the client needs to show the timeline, and the reader when the whole state is sent.
 * https://spec.matrix.org/v1.19/client-server-api/#lazy-loading-room-members
 */
async function chooseMembers(
  { memory }: Pick<SectionDeps, 'memory'>,
  { userId, deviceId, filter }: SectionRequest,
  input: {
    roomId: RoomView['info']['roomId'];
    whole: boolean;
    events: readonly StoredEvent[];
    memberAt: (userId: UserId) => Promise<number | undefined>;
    chosen: Map<StateTuple, number>;
  },
): Promise<void> {
  const { roomId, whole, events, memberAt, chosen } = input;
  const needed = new Set(events.map((event) => event.sender));
  if (whole) needed.add(userId);
  for (const member of needed) {
    const tuple = stateTuple('m.room.member', member);
    const num = await memberAt(member);
    if (num === undefined || chosen.has(tuple)) continue;
    const redundant = !whole && deviceId !== null && memory.has(userId, deviceId, { roomId, userId: member, num });
    if (!redundant || filter.redundantMembers) chosen.set(tuple, num);
  }
}

function sentMembers(view: RoomView, chosen: ReadonlyMap<StateTuple, number>, events: readonly StoredEvent[]): SentMember[] {
  const { roomId } = view.info;
  const members: SentMember[] = [];
  for (const [tuple, num] of chosen) if (tuple.startsWith(MEMBER_PREFIX)) members.push({ roomId, userId: memberOf(tuple), num });
  for (const { type, stateKey, num } of events) {
    if (type === 'm.room.member' && stateKey !== undefined) members.push({ roomId, userId: stateKey as UserId, num });
  }
  return members;
}

async function changedMembers(view: RoomView, fromGroup: number, changes: ReadonlyMap<StateTuple, number | null>): Promise<MemberChange[]> {
  const tuples = [...changes.keys()].filter((tuple) => tuple.startsWith(MEMBER_PREFIX));
  return Promise.all(
    tuples.map(async (tuple) => ({
      userId: memberOf(tuple),
      before: await valueOf(view, fromGroup, tuple),
      after: changes.get(tuple) ?? null,
    })),
  );
}

/** Group 0 is the state before the room's first event. */
async function stateOf(view: RoomView, group: number): Promise<NumState> {
  return group === 0 ? EMPTY : view.stateAt(group);
}

async function valueOf(view: RoomView, group: number, tuple: StateTuple): Promise<number | undefined> {
  return group === 0 ? undefined : view.stateValueAt(group, tuple);
}

async function deltaOf(view: RoomView, from: number, to: number): Promise<ReadonlyMap<StateTuple, number | null>> {
  if (from === to) return EMPTY;
  return from === 0 ? stateOf(view, to) : view.stateDelta(from, to);
}

/**
 * The keys that the timeline sets, with what stood there before its first event of that key (null: nothing did). Backfilled events are
 * older than the state that this server knows, and set nothing.
 */
function replacedBy(events: readonly StoredEvent[]): Map<StateTuple, number | null> {
  const before = new Map<StateTuple, number | null>();
  for (const { type, stateKey, seq, replaces } of events) {
    if (stateKey === undefined || seq === null || seq <= 0) continue;
    const tuple = stateTuple(type, stateKey);
    if (!before.has(tuple)) before.set(tuple, replaces);
  }
  return before;
}

function affectsSummary(tuple: StateTuple): boolean {
  return tuple.startsWith(MEMBER_PREFIX) || tuple === NAME || tuple === ALIAS;
}

export const NAME = stateTuple('m.room.name', '');
export const ALIAS = stateTuple('m.room.canonical_alias', '');
