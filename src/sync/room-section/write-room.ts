import type { RoomId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import { contentString } from '../../rooms/client-event/content-of.ts';
import { formatTimelineToken } from '../../rooms/timeline-token.ts';
import type { SentMember } from '../member-memory.ts';
import { formatSyncToken } from '../sync-token.ts';
import type { RoomPlan, SectionDeps, SectionRequest } from './section-types.ts';
import { filterEvents } from './select-timeline.ts';

/** A room's section, loaded and as text. */
export interface RoomSection {
  readonly roomId: RoomId;
  readonly timeline: readonly string[];
  readonly limited: boolean;
  readonly prevBatch: string;
  readonly state: readonly string[];
  readonly summary: JsonObject | null;
  /** Member events that the section brings. */
  readonly members: readonly SentMember[];
}

/** Events that the sections of these plans need beyond their timelines: for one query over all rooms. */
export function wantedEvents(plans: readonly RoomPlan[]): Map<RoomId, number[]> {
  const wanted = new Map<RoomId, number[]>();
  for (const plan of plans) {
    const nums = new Set(plan.state);
    for (const num of plan.summary?.nameNums ?? []) nums.add(num);
    for (const { num } of plan.summary?.heroMembers ?? []) nums.add(num);
    for (const { before, after } of plan.memberChanges) {
      if (before !== undefined) nums.add(before);
      if (after !== null) nums.add(after);
    }
    if (nums.size > 0) wanted.set(plan.room.roomId, [...nums]);
  }
  return wanted;
}

/** Writes one planned room. `loaded`: the events that `wantedEvents` asked for. */
export async function writeRoom(
  deps: SectionDeps,
  request: SectionRequest,
  plan: RoomPlan,
  loaded: ReadonlyMap<number, StoredEvent>,
): Promise<RoomSection> {
  const { room, timeline } = plan;
  const { roomId } = room;
  const { filter } = request;
  const summary = writeSummary(plan, loaded);
  const extra = summary?.['m.heroes'] === undefined ? [] : missingHeroes(deps, request, plan);
  const stateNums = [...plan.state, ...extra.map((member) => member.num)];
  const stateEvents = stateNums.map((num) => loaded.get(num)).filter((event) => event !== undefined);
  const wantedState = await filterEvents(deps.incomingRelations, roomId, stateEvents, filter.state, filter.stateNeedsRelations);
  const common = {
    viewer: { userId: request.userId, txnScope: request.txnScope },
    roomId,
    format: filter.source.eventFormat,
    withRoomId: false,
    fields: filter.fields,
    known: { num: room.num, membership: room.membership },
  } as const;
  const [timelineTexts, stateTexts] = await Promise.all([
    deps.serializer.serialize({ ...common, events: timeline.events }),
    // Where the whole state is sent, what each event replaced would double the answer and what has to be read for it.
    deps.serializer.serialize({
      ...common,
      events: wantedState,
      withMembership: false,
      withRelations: false,
      withPrevious: !plan.full,
    }),
  ]);
  const [first] = timeline.events;
  return {
    roomId,
    timeline: timelineTexts,
    limited: timeline.limited,
    prevBatch: first === undefined ? formatSyncToken(plan.upTo) : formatTimelineToken(first),
    state: stateTexts,
    summary,
    members: [...plan.members, ...extra],
  };
}

/**
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync_response-200_roomsummary
 */
function writeSummary(plan: RoomPlan, loaded: ReadonlyMap<number, StoredEvent>): JsonObject | null {
  const { summary } = plan;
  if (summary === null) return null;
  const counts = { 'm.joined_member_count': summary.joined, 'm.invited_member_count': summary.invited };
  const named = summary.nameNums.some((num) => {
    const event = loaded.get(num);
    if (event === undefined) return false;
    const text = contentString(event, event.type === 'm.room.name' ? 'name' : 'alias');
    return text !== undefined && text !== '';
  });
  return named ? counts : { 'm.heroes': [...summary.heroes], ...counts };
}

/** Heroes whose member events the client does not have and the section does not bring yet. */
function missingHeroes(deps: Pick<SectionDeps, 'memory'>, request: SectionRequest, plan: RoomPlan): SentMember[] {
  const { userId, deviceId, filter } = request;
  const brought = new Set(plan.members.map((member) => member.userId));
  return (plan.summary?.heroMembers ?? []).filter((member) => {
    if (brought.has(member.userId)) return false;
    if (plan.full || filter.redundantMembers || deviceId === null) return true;
    return !deps.memory.has(userId, deviceId, member);
  });
}
