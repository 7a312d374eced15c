import type { AuthState } from '../../core/auth/auth-state.ts';
import { authEventsFor } from '../../core/auth/auth-events-for.ts';
import { mayApplyRedaction } from '../../core/auth/authorise-redaction.ts';
import { canonicalJsonOf } from '../../core/events/event-hashes.ts';
import { redact } from '../../core/events/redact.ts';
import { roomEventFromPdu } from '../../core/events/room-event-from-pdu.ts';
import type { RoomEvent } from '../../core/events/room-event.ts';
import type { EventId } from '../../core/ids/brands.ts';
import { type StateTuple, stateTuple } from '../../core/state-res/state-map.ts';
import { EVENT_FLAG, type StoredEvent } from '../../plugin-api/stored-event.ts';
import { isShown } from '../events/event-store.ts';
import type { RoomActor } from '../actor/room-actor.ts';
import type { EngineState, RoomStates } from '../resolve/room-states.ts';
import { type Appended, appendReceived, type Received } from './append-received.ts';
import type { IngestOutcome } from './ingest-outcome.ts';
import { eventOf, type PduSubject } from './pdu-subject.ts';
import { type Arrival, type CheckName, type Failure, RECEIPT_CHECKS, type ReceiptCheck } from './pipeline.ts';

/** What failed, and what that means for the event. */
interface Failed {
  readonly failure: Failure;
  readonly rule: string;
  readonly reason: string;
  readonly check: ReceiptCheck;
}

/**
 * Takes one event of another server, or one that builds on an older part of the graph, into the room: the checks of the receipt table in
 * order, the state before it (resolved when the graph forked), one stored verdict. Runs inside the room's own queue. The promise in the answer
 * resolves when the event is durable.
 */
export async function ingestEvent(
  subject: PduSubject,
  arrival: Exclude<Arrival, 'local'>,
  deps: { actor: RoomActor; states: RoomStates },
): Promise<IngestOutcome | Appended> {
  const { actor, states } = deps;
  const early = await runChecks(subject, arrival, ['format and limits', 'signatures', 'content hash']);
  if (early !== null) return { verdict: 'dropped', rule: early.rule, reason: early.reason };
  const event = eventOf(subject);

  const known = await states.eventsById([event.eventId]);
  const before = known.get(event.eventId);
  if (before !== undefined && (before.flags & (EVENT_FLAG.stub | EVENT_FLAG.outlier)) === 0)
    return { verdict: 'known', eventId: event.eventId };
  if (event.roomId !== actor.head.info.roomId) return { verdict: 'dropped', rule: 'room', reason: 'the event belongs to another room' };
  // A room has one create event, and it is here: another one would begin another room in this one's name.
  if (event.type === 'm.room.create') return { verdict: 'dropped', rule: 'create', reason: 'the room has a create event' };

  const cited = await states.eventsById([...event.prevEvents, ...event.authEvents]);
  const unusable = (id: EventId, mask: number): boolean => {
    const found = cited.get(id);
    return found === undefined || (found.flags & mask) !== 0;
  };
  const missing = [
    ...event.prevEvents.filter((id) => unusable(id, EVENT_FLAG.stub | EVENT_FLAG.outlier)),
    ...event.authEvents.filter((id) => unusable(id, EVENT_FLAG.stub)),
  ];
  if (missing.length > 0) return { verdict: 'missing', eventId: event.eventId, missing: [...new Set(missing)] };
  if (event.prevEvents.length === 0) return { verdict: 'dropped', rule: 'prev_events', reason: 'the event follows no other event' };

  const rowOf = (id: EventId): StoredEvent => {
    const found = cited.get(id);
    if (found === undefined) throw new Error(`${id} was not loaded`);
    return found;
  };
  subject.cited = event.authEvents.map((id) => {
    const row = rowOf(id);
    return { event: states.roomEvent(row), rejected: (row.flags & EVENT_FLAG.rejected) !== 0 };
  });
  await addCreate(subject, states);

  const stateBefore = await states.before(event.prevEvents.map(rowOf));
  subject.stateBefore = await states.authState(stateBefore.state, tuplesFor(event, actor));
  subject.currentState = await states.authState(actor.head.state, tuplesFor(event, actor));
  const failed = await runChecks(subject, arrival, ['auth by auth events', 'auth by state before', 'auth by current state', 'plug-ins']);

  const received = await describe({ subject, failed, before, stateBefore, rowOf, actor, states });
  return appendReceived(received, deps);
}

/** From version 12 on the create event is implied by the room id and judged like a cited one. */
async function addCreate(subject: PduSubject, states: RoomStates): Promise<void> {
  if (subject.version.createInAuthEvents) return;
  subject.implied = await states.createEvent();
}

/** The named checks, in table order. A failed check that only redacts lets the event go on; the first other failure ends the run. */
async function runChecks(subject: PduSubject, arrival: Arrival, names: readonly CheckName[]): Promise<Failed | null> {
  for (const check of RECEIPT_CHECKS) {
    const failure = check.failure[arrival];
    if (failure === null || !names.includes(check.name)) continue;
    const result = await check.run(subject);
    if (result.ok) continue;
    if (failure !== 'redact') return { failure, rule: result.rule, reason: result.reason, check };
    redactSubject(subject);
  }
  return null;
}

/** Only what the signatures cover is believed. */
function redactSubject(subject: PduSubject): void {
  const event = eventOf(subject);
  const pdu = redact(event.pdu, subject.version);
  subject.pdu = pdu;
  subject.json = canonicalJsonOf(subject.version)(pdu);
  subject.event = roomEventFromPdu(pdu, subject.version, event.eventId);
}

/** Everything that judging an event can ask of a state. */
function tuplesFor(event: RoomEvent, actor: RoomActor): StateTuple[] {
  return [
    stateTuple('m.room.create', ''),
    stateTuple('m.room.power_levels', ''),
    stateTuple('m.room.join_rules', ''),
    ...authEventsFor(event, actor.version),
  ];
}

async function describe(input: {
  subject: PduSubject;
  failed: Failed | null;
  before: StoredEvent | undefined;
  stateBefore: EngineState;
  rowOf: (id: EventId) => StoredEvent;
  actor: RoomActor;
  states: RoomStates;
}): Promise<Received> {
  const { subject, failed, before, stateBefore, rowOf, states } = input;
  const event = eventOf(subject);
  return {
    event,
    json: subject.json,
    knownNum: before?.num ?? null,
    flags: flagsOf(failed),
    verdict:
      failed === null
        ? null
        : { kind: failed.failure === 'softFail' ? 'soft_failed' : 'rejected', rule: failed.rule, reason: failed.reason },
    prev: event.prevEvents.map(rowOf),
    auth: event.authEvents.map((id) => rowOf(id).num),
    stateBefore,
    redaction: failed === null ? await redactionBy(event, subject.stateBefore as AuthState, input) : null,
    redactedBy: failed === null ? await states.redactionWaitingFor(event) : null,
    redactedJson: canonicalJsonOf(subject.version)(redact(event.pdu, subject.version)),
  };
}

function flagsOf(failed: Failed | null): number {
  if (failed === null) return 0;
  if (failed.failure === 'softFail') return EVENT_FLAG.softFailed;
  return EVENT_FLAG.rejected | (failed.check.name === 'auth by state before' ? EVENT_FLAG.rejectedByState : 0);
}

async function redactionBy(
  event: RoomEvent,
  state: AuthState,
  { states, actor }: { states: RoomStates; actor: RoomActor },
): Promise<Received['redaction']> {
  if (event.redacts === undefined) return null;
  const target = (await states.eventsById([event.redacts])).get(event.redacts);
  if (target === undefined || !isShown(target)) return { target: null, eventId: event.redacts, json: '', flags: 0 };
  if (!mayApplyRedaction(event, { sender: target.sender }, state, actor.version)) return null;
  const pdu = redact(states.roomEvent(target).pdu, actor.version);
  return { target, eventId: target.eventId, json: canonicalJsonOf(actor.version)(pdu), flags: target.flags | EVENT_FLAG.redacted };
}
