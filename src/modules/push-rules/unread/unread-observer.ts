import type { UserId } from '../../../core/ids/brands.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import { PushEventView } from '../../../core/push/push-event-view.ts';
import { type Write, write } from '../../../plugin-api/commit.ts';
import type { EventObserver, ObservedRoom } from '../../../plugin-api/hooks.ts';
import type { PushRulesSlot } from '../../../plugin-api/slots.ts';
import { EVENT_FLAG, type StoredEvent } from '../../../plugin-api/stored-event.ts';
import { EVERYBODY, exceptionWriter, MAIN_THREAD, membershipWriter, mutedWriter, ownMarkerWriter } from '../store.ts';
import { type Count, NOTHING, sameCount } from './count.ts';
import { EventOutcomes } from './event-outcomes.ts';
import { DEFAULT_KEY, DEFAULT_PROGRAM, type KeyedProgram } from './member-programs.ts';
import type { RoomMembers, RoomPrograms, SpecialMember } from './room-programs.ts';
import { creatorsOf, notificationsPower, senderPower } from './sender-power.ts';
import type { UnreadCounts } from './unread-counts.ts';

const ORDINARY: KeyedProgram = { key: DEFAULT_KEY, program: DEFAULT_PROGRAM, isQuiet: false };

/**
 * Decides for every timeline event which local members count it otherwise than `ncum` and `tcum` do, and writes exactly these
 * exceptions into the event's own transaction: none at all for ordinary members, mentioned ones have one.
 * https://spec.matrix.org/v1.19/client-server-api/#receiving-notifications
 */
export class UnreadObserver implements EventObserver {
  readonly name = 'unread';
  readonly #programs: RoomPrograms;
  readonly #counts: UnreadCounts;
  readonly #isLocal: (userId: UserId) => boolean;
  readonly #rules: () => PushRulesSlot;

  /** `rules`: whoever fills the slot. */
  constructor(deps: { programs: RoomPrograms; counts: UnreadCounts; isLocal: (userId: UserId) => boolean; rules: () => PushRulesSlot }) {
    this.#rules = deps.rules;
    this.#programs = deps.programs;
    this.#counts = deps.counts;
    this.#isLocal = deps.isLocal;
  }

  prepare(...[room, draft]: Parameters<NonNullable<EventObserver['prepare']>>): Promise<void> | undefined {
    const joins = draft.type === 'm.room.member' && draft.content['membership'] === 'join';
    const target = draft.stateKey as UserId;
    return this.#programs.prepare(room, joins && this.#isLocal(target) ? target : null);
  }

  writes(event: StoredEvent, content: JsonObject, room: ObservedRoom): readonly Write[] {
    const { seq } = event;
    // Backfilled history and events outside the timeline are nobody's news.
    if (seq === null || seq <= 0) return [];
    const members = this.#programs.get(event.roomId);
    if (members !== undefined && event.type === 'm.room.create') members.creators = creatorsOf(event, members.creators.version);
    const writes: Write[] = [];
    const reset = this.#onMembership(event, seq, content, members, writes);
    const switched = members === undefined ? [] : switchMuted(members, room, seq, writes);

    const readBy = event.stateKey === undefined && this.#isLocal(event.sender) ? event.sender : null;
    const thread = event.thread ?? MAIN_THREAD;
    if (readBy !== null) writes.push(write(ownMarkerWriter, { userId: readBy, roomNid: event.roomNid, thread, seq }));

    const isRedacted = (event.flags & EVENT_FLAG.redacted) !== 0;
    const outcomes = new Map<UserId, Count>();
    let ordinary = NOTHING;
    // A redacted event counts for nobody; the reader leaves it out of the running counts.
    if (!isRedacted) {
      const rules = this.#rules();
      const results = outcomesOf(event, { content, room, members, rules });
      ordinary = results.ordinary;
      const counted = rules.notifiesByDefault({ type: event.type, stateKey: event.stateKey, content }) ? 1 : 0;
      const row = { roomNid: event.roomNid, seq, num: event.num, thread };
      const add = (userId: UserId, notify: number, highlight: number): void => {
        if (notify !== 0 || highlight !== 0) writes.push(write(exceptionWriter, { ...row, userId, notify, highlight }));
      };
      add(EVERYBODY, ordinary.notify - counted, ordinary.highlight);
      for (const { userId, count, base } of this.#exceptional(event, room, members, results, readBy)) {
        if (sameCount(count, base)) continue;
        outcomes.set(userId, count);
        add(userId, count.notify - base.notify, count.highlight - base.highlight);
      }
    }
    this.#counts.stage(event, {
      entry: { seq, thread, ordinary, outcomes, muted: members?.muted ?? new Set(), readBy, reset },
      committed: () => {
        for (const member of switched) member.isSwitchStored = true;
      },
    });
    return writes;
  }

  /** The members for whom the event may count otherwise, with what it counts and what would be assumed without an exception. */
  *#exceptional(
    event: StoredEvent,
    room: ObservedRoom,
    members: RoomMembers | undefined,
    results: EventOutcomes,
    readBy: UserId | null,
  ): Generator<{ userId: UserId; count: Count; base: Count }> {
    const { ordinary } = results;
    const special = members?.special ?? new Map<UserId, SpecialMember>();
    for (const member of special.values()) {
      // The sender has read the event already.
      if (member.userId === readBy || room.membership(member.userId) !== 'join') continue;
      const count = member.ignored.has(event.sender) ? NOTHING : results.of(member.userId, member.program);
      yield { userId: member.userId, count, base: member.muted ? NOTHING : ordinary };
    }
    for (const name of results.named) {
      const userId = name as UserId;
      if (userId === readBy || special.has(userId) || !this.#isLocal(userId) || room.membership(userId) !== 'join') continue;
      yield { userId, count: results.of(userId, ORDINARY), base: ordinary };
    }
  }

  /** Counting begins with a join and ends with the departure. Returns the local users whose counting changed. */
  #onMembership(event: StoredEvent, seq: number, content: JsonObject, members: RoomMembers | undefined, writes: Write[]): UserId[] {
    const userId = event.stateKey as UserId;
    if (event.type !== 'm.room.member' || event.stateKey === undefined || !this.#isLocal(userId)) return [];
    const { membership } = content;
    if (membership !== 'join' && membership !== 'leave' && membership !== 'ban') return [];
    const joined = membership === 'join';
    writes.push(write(membershipWriter, { userId, roomNid: event.roomNid, seq, joined }));
    if (members !== undefined) {
      const joining = members.joining.get(userId);
      members.joining.delete(userId);
      if (!joined) members.special.delete(userId);
      else if (joining !== undefined && !members.special.has(userId)) members.special.set(userId, joining);
      if (members.muted.has(userId) && !joined) members.muted = mutedOf(members);
    }
    return [userId];
  }
}

/**
 * Members whose rules went quiet, or stopped being quiet, since the room's last event: from this event on nothing, or everything, counts
 * for them by default. Repeated until a commit has confirmed it.
 */
function switchMuted(members: RoomMembers, room: ObservedRoom, seq: number, writes: Write[]): SpecialMember[] {
  const switched: SpecialMember[] = [];
  for (const member of members.special.values()) {
    if (member.muted === member.program.isQuiet && member.isSwitchStored) continue;
    if (room.membership(member.userId) !== 'join') continue;
    member.muted = member.program.isQuiet;
    member.isSwitchStored = false;
    switched.push(member);
    writes.push(write(mutedWriter, { userId: member.userId, roomNid: room.info.nid, seq, muted: member.muted }));
  }
  if (switched.length > 0) members.muted = mutedOf(members);
  return switched;
}

function mutedOf(members: RoomMembers): ReadonlySet<UserId> {
  return new Set([...members.special.values()].filter((member) => member.muted).map((member) => member.userId));
}

function outcomesOf(
  event: StoredEvent,
  { content, room, members, rules }: { content: JsonObject; room: ObservedRoom; members: RoomMembers | undefined; rules: PushRulesSlot },
): EventOutcomes {
  const powerLevels = room.stateContent('m.room.power_levels', '');
  const view = new PushEventView({
    event_id: event.eventId,
    room_id: event.roomId,
    type: event.type,
    sender: event.sender,
    content,
    origin_server_ts: event.ts,
    ...(event.stateKey === undefined ? {} : { state_key: event.stateKey }),
  });
  return new EventOutcomes(
    {
      event: view,
      roomMemberCount: room.joinedCount(),
      senderPower: members === undefined ? 0 : senderPower(event.sender, members.creators, powerLevels),
      notificationsPower: (key) => (members === undefined ? Infinity : notificationsPower(key, members.creators.version, powerLevels)),
    },
    {
      evaluate: (program, context) => rules.evaluate(program, context),
      displayNameOf(userId) {
        const name = room.stateContent('m.room.member', userId)?.['displayname'];
        return typeof name === 'string' ? name : null;
      },
    },
  );
}
