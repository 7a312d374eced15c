import type { RoomEvent } from '../../core/events/room-event.ts';
import type { EventId, UserId } from '../../core/ids/brands.ts';
import { splitStateTuple, type StateTuple, stateTuple } from '../../core/state-res/state-map.ts';
import { type Write, write } from '../../plugin-api/commit.ts';
import type { Membership } from '../../plugin-api/ports.ts';
import { EVENT_FLAG, type StoredEvent } from '../../plugin-api/stored-event.ts';
import { eventWriter, pendingRedactionWriter, redactionWriter, verdictWriter } from '../../storage/rooms/event-rows.ts';
import { memberWriter, roomHeadWriter, type RoomStateRow, roomStateWriter, stateGroupWriter } from '../../storage/rooms/room-rows.ts';
import type { RoomActor } from '../actor/room-actor.ts';
import { threadOf } from '../actor/thread-of.ts';
import type { EventLive, MembershipChange } from '../events/event-live.ts';
import type { EngineState, RoomStates } from '../resolve/room-states.ts';
import { diffStates } from '../state/diff-states.ts';
import type { GroupChain } from '../state/group-chain.ts';
import type { IngestOutcome } from './ingest-outcome.ts';

/** An event after all checks. */
export interface Received {
  readonly event: RoomEvent;
  readonly json: string;
  /** Number of the stub or outlier that it fills in. */
  readonly knownNum: number | null;
  readonly flags: number;
  readonly verdict: { readonly kind: 'rejected' | 'soft_failed'; readonly rule: string; readonly reason: string } | null;
  readonly prev: readonly StoredEvent[];
  readonly auth: readonly number[];
  readonly stateBefore: EngineState;
  readonly redaction: {
    readonly target: StoredEvent | null;
    readonly eventId: EventId;
    readonly json: string;
    readonly flags: number;
  } | null;
  /** A redaction of this event that arrived before it. The event is stored whole and redacted in the same transaction. */
  readonly redactedBy: StoredEvent | null;
  readonly redactedJson: string;
}

/** The head has moved and the record is with the committer; `committed` resolves when it is durable. */
export interface Appended {
  readonly committed: Promise<IngestOutcome>;
}

/**
 * Stores a checked event: its state group, the room's forward extremities, and the current state that follows from them. The head moves
 * step by step with reads in between, so this must be awaited inside the room's queue; only the disk may be waited for outside it.
 * A failure leaves the head half moved: the actor has to be abandoned.
 */
export async function appendReceived(received: Received, deps: { actor: RoomActor; states: RoomStates }): Promise<Appended> {
  const { actor, states } = deps;
  const { event, flags } = received;
  const { head } = actor;
  const counted = flags === 0;
  const byId = await states.eventsById(relatedIds(event));
  const thread = threadOf(event.content, byId);
  await actor.internForEvent({ sender: event.sender, type: event.type, stateKey: event.stateKey });
  await actor.loadThreadCount(thread);
  if (counted) await actor.prepareObservers({ type: event.type, stateKey: event.stateKey, sender: event.sender, content: event.content });

  const num = received.knownNum ?? ++head.lastNum;
  const rows: RoomStateRow[] = [];
  const groupWrites: Write[] = [];
  const makeGroup = (
    parent: GroupChain,
    change: ReadonlyMap<StateTuple, number | null>,
    full: ReadonlyMap<StateTuple, number>,
  ): GroupChain => {
    const bySkn = new Map([...change].map(([tuple, value]) => [head.sknOf(tuple, rows), value ?? 0]));
    const { chain, row } = parent.child({
      roomNid: head.info.nid,
      sg: ++head.lastSg,
      change: bySkn,
      stateSize: full.size,
      fullState: () => new Map([...full].map(([tuple, value]) => [head.sknOf(tuple, rows), value])),
    });
    groupWrites.push(write(stateGroupWriter, row));
    states.keep(chain);
    return chain;
  };

  // State before, then state after.
  const before = received.stateBefore;
  const parent = before.chain ?? (await states.chainOf((received.prev[0] as StoredEvent).sg as number));
  const beforeChain = before.chain ?? makeGroup(parent, diffStates(stateOfChain(parent, head.skns), before.state), before.state);
  if (before.chain === null)
    states.remember(
      received.prev.map((row) => row.sg as number),
      { state: before.state, chain: beforeChain },
    );
  const tuple = event.stateKey === undefined ? null : stateTuple(event.type, event.stateKey);
  const replaces = tuple === null ? null : (before.state.get(tuple) ?? null);
  const skn = tuple === null ? null : head.sknOf(tuple, rows);
  const changesState = tuple !== null && (flags & EVENT_FLAG.rejected) === 0;
  const after = changesState ? new Map(before.state).set(tuple, num) : before.state;
  const afterChain = changesState ? makeGroup(beforeChain, new Map([[tuple, num]]), after) : beforeChain;

  const stored: StoredEvent = {
    roomNid: head.info.nid,
    roomId: head.info.roomId,
    eventId: event.eventId,
    num,
    seq: counted ? ++head.lastSeq : null,
    pos: 0,
    depth: event.depth,
    ts: event.originServerTs,
    type: event.type,
    stateKey: event.stateKey,
    sender: event.sender,
    sg: afterChain.sg,
    headSg: null,
    flags,
    ncum: head.ncum + (counted && actor.notifies(event) ? 1 : 0),
    tcum: (head.tcum.get(thread) ?? 0) + (counted && actor.notifies(event) ? 1 : 0),
    thread,
    prev: received.prev.map((row) => row.num),
    auth: received.auth,
    json: received.json,
    replaces,
  };
  actor.pending.set(num, stored);
  actor.remember(stored, event);
  states.appended(stored);

  let stateDelta = new Map<StateTuple, number | null>();
  let headSg: number | null = null;
  if (counted) {
    head.ncum = stored.ncum;
    head.tcum.set(thread, stored.tcum);
    head.maxDepth = Math.max(head.maxDepth, event.depth);
    const cited = new Set(event.prevEvents);
    head.forward = [
      ...head.forward.filter((extremity) => !cited.has(extremity.eventId)),
      { num, eventId: event.eventId, depth: event.depth, sg: afterChain.sg },
    ];
    const groups = head.forward.map((extremity) => extremity.sg);
    const current = await states.merged(groups);
    stateDelta = diffStates(head.state, current.state);
    if (current.chain !== null) head.chain = current.chain;
    else {
      head.chain = makeGroup(head.chain, stateDelta, current.state);
      states.remember(groups, { state: current.state, chain: head.chain });
    }
    if (head.chain.sg !== afterChain.sg) headSg = head.chain.sg;
  }
  const memberships = await membershipChanges(stateDelta, { actor, states });
  const stateRows = moveState(stateDelta, actor, rows);
  const observed = await states.eventsByNum(OBSERVED_STATE.flatMap((key) => head.state.get(key) ?? []));
  for (const change of memberships) head.setMembership(change.userId, change.membership);

  const final: StoredEvent = { ...stored, headSg };
  actor.pending.set(num, final);
  actor.remember(final, event);
  const writes: Write[] = [
    write(eventWriter, { ...final, typeNid: actor.typeNid(event.type), skn, senderNid: actor.userNid(event.sender) }),
    write(roomHeadWriter, head.row()),
    ...stateRows.map((row) => write(roomStateWriter, row)),
    ...groupWrites,
    ...memberships.map((change) => write(memberWriter, actor.memberRow(change))),
    ...redactionWrites(received, num, head.info.nid),
    ...verdictWrites(received, num, head.info.nid),
    ...(counted ? actor.observe(final, event.content, observed) : []),
  ];
  const live: { -readonly [Key in keyof EventLive]: EventLive[Key] } = {
    kind: 'event',
    room: head.info,
    event: final,
    stateDelta,
    headSg: head.chain.sg,
    memberships,
    redacted: null,
    txn: null,
  };
  const target = received.redaction?.target ?? null;
  const committed = actor.commit([
    {
      stream: 'event',
      durability: 'durable',
      writes,
      rooms: counted ? [head.info.roomId] : [],
      users: memberships.map((change) => change.userId),
      data: [head.info.nid, num],
      live,
      shard: head.shard,
      bytes: final.json.length + 300,
      onCommitted: (at) => {
        live.event = actor.settle(
          received.redactedBy === null ? final : { ...final, json: received.redactedJson, flags: EVENT_FLAG.redacted },
          received.redactedBy === null ? event : null,
          at,
        );
        if (target !== null && received.redaction !== null) live.redacted = actor.settleRedaction(target, received.redaction);
      },
    },
  ]);
  return { committed: committed.then((pos) => outcomeOf(received, pos)) };
}

function outcomeOf({ event, verdict }: Received, pos: number): IngestOutcome {
  if (verdict === null) return { verdict: 'accepted', eventId: event.eventId, pos };
  const { kind, rule, reason } = verdict;
  return { verdict: kind === 'rejected' ? 'rejected' : 'softFailed', eventId: event.eventId, pos, rule, reason };
}

/** State that observers may ask for. */
const OBSERVED_STATE = ['m.room.create', 'm.room.power_levels', 'm.room.join_rules', 'm.room.history_visibility'].map((type) =>
  stateTuple(type, ''),
);

function relatedIds(event: RoomEvent): EventId[] {
  const relation = event.content['m.relates_to'];
  const id = typeof relation === 'object' && relation !== null && !Array.isArray(relation) ? relation['event_id'] : undefined;
  return typeof id === 'string' ? [id as EventId] : [];
}

function stateOfChain(chain: GroupChain, skns: ReadonlyMap<StateTuple, number>): Map<StateTuple, number> {
  const flat = chain.flatten();
  const state = new Map<StateTuple, number>();
  for (const [tuple, skn] of skns) {
    const num = flat.get(skn);
    if (num !== undefined) state.set(tuple, num);
  }
  return state;
}

/** Current state follows the delta; dictionary rows that were made on the way are merged into its rows. */
function moveState(delta: ReadonlyMap<StateTuple, number | null>, actor: RoomActor, made: readonly RoomStateRow[]): RoomStateRow[] {
  const { head } = actor;
  const rows = new Map(made.map((row) => [row.skn, row]));
  for (const [tuple, num] of delta) {
    if (num === null) head.state.delete(tuple);
    else head.state.set(tuple, num);
    const skn = head.sknOf(tuple, []);
    rows.set(skn, { roomNid: head.info.nid, skn, ...splitStateTuple(tuple), num });
  }
  return [...rows.values()];
}

async function membershipChanges(
  delta: ReadonlyMap<StateTuple, number | null>,
  { actor, states }: { actor: RoomActor; states: RoomStates },
): Promise<MembershipChange[]> {
  const changes: { userId: UserId; num: number | null }[] = [];
  for (const [tuple, num] of delta) {
    const { type, stateKey } = splitStateTuple(tuple);
    if (type === 'm.room.member') changes.push({ userId: stateKey as UserId, num });
  }
  const events = await states.eventsByNum(changes.flatMap((change) => change.num ?? []));
  for (const event of events.values()) await actor.internForEvent({ sender: event.sender, type: event.type, stateKey: event.stateKey });
  return changes.map(({ userId, num }) => {
    const event = num === null ? undefined : events.get(num);
    if (event === undefined) return { userId, membership: 'leave' as Membership, num: 0, sender: userId };
    return { userId, membership: states.roomEvent(event).content['membership'] as Membership, num: event.num, sender: event.sender };
  });
}

function redactionWrites(received: Received, num: number, roomNid: number): Write[] {
  const writes: Write[] = [];
  const { redaction, redactedBy, event } = received;
  if (redaction !== null) {
    if (redaction.target === null) writes.push(write(pendingRedactionWriter, { roomNid, targetEventId: redaction.eventId, byNum: num }));
    else {
      const { target, json, flags } = redaction;
      writes.push(write(redactionWriter, { roomNid, targetNum: target.num, byNum: num, json, flags, ts: event.originServerTs }));
    }
  }
  if (redactedBy !== null) {
    const { num: byNum, ts } = redactedBy;
    writes.push(write(redactionWriter, { roomNid, targetNum: num, byNum, json: received.redactedJson, flags: EVENT_FLAG.redacted, ts }));
  }
  return writes;
}

function verdictWrites({ verdict }: Received, num: number, roomNid: number): Write[] {
  return verdict === null
    ? []
    : [write(verdictWriter, { roomNid, num, verdict: verdict.kind, rule: verdict.rule, reason: verdict.reason })];
}
