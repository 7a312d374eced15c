import type { UserRoom } from '../../plugin-api/ports.ts';
import type { RoomView, Timeline } from '../../rooms/room-reader.ts';
import type { SentMember } from '../member-memory.ts';
import { ALIAS, NAME, planState, type StatePlan } from './plan-state.ts';
import type { RoomPlan, SectionDeps, SectionRequest, SummaryPlan } from './section-types.ts';
import { selectTimeline } from './select-timeline.ts';

/** Members of whom a client makes up a name for a room without one. */
const HEROES_MAX = 5;

/** What one room's section will hold. Loads timelines and state numbers, no state events: those are loaded for all rooms at once. */
export async function planRoom(
  deps: SectionDeps,
  request: SectionRequest,
  input: {
    readonly room: UserRoom;
    readonly view: RoomView;
    /** The timeline begins after this position; null: the newest events of the room. */
    readonly after: number | null;
    readonly upTo: number;
    /** Send the whole state even though the timeline has a lower bound. */
    readonly full?: boolean;
    /** The newest events, when they were loaded for several rooms at once. */
    readonly latest?: Timeline | undefined;
    readonly withSummary: boolean;
    /** There is a gap before the timeline even if the reader may see nothing older. */
    readonly gap?: boolean;
  },
): Promise<RoomPlan> {
  const { room, view, after, upTo } = input;
  const { roomId } = room;
  const read = async (limit: number): Promise<Timeline> =>
    after === null
      ? ((await deps.reader.latest([roomId], { to: upTo, limit })).get(roomId) ?? { events: [], limited: false })
      : view.timeline({ after, to: upTo, limit });
  const selected = await selectTimeline(deps, request, {
    roomId,
    read,
    first: input.latest,
    continues: after !== null,
    ...(room.membership === 'join' ? {} : { alwaysShown: room.num }),
  });
  const timeline = input.gap === true ? { events: selected.events, limited: true } : selected;
  const full = input.full ?? after === null;
  const state = await planState(deps, request, { view, after: full ? null : after, upTo, events: timeline.events });
  return {
    room,
    view,
    full,
    upTo,
    timeline,
    state: state.state,
    members: state.members,
    memberChanges: state.memberChanges,
    summary: input.withSummary && state.summaryChanged ? await planSummary(request, view, state) : null,
  };
}

async function planSummary(request: SectionRequest, view: RoomView, state: StatePlan): Promise<SummaryPlan> {
  const [{ joined, invited }, all] = await Promise.all([view.counts(), view.heroes(request.userId)]);
  const heroes = all.slice(0, HEROES_MAX);
  const heroMembers: SentMember[] = [];
  if (request.filter.lazyMembers) {
    for (const userId of heroes) {
      const num = await state.memberAt(userId);
      if (num !== undefined) heroMembers.push({ roomId: view.info.roomId, userId, num });
    }
  }
  const nameNums = (await Promise.all([state.valueAtEnd(NAME), state.valueAtEnd(ALIAS)])).filter((num) => num !== undefined);
  return { heroes, joined, invited, nameNums, heroMembers };
}
