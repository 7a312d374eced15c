import type { BuiltEvent } from '../../core/events/build-event.ts';
import type { EventId, UserId } from '../../core/ids/brands.ts';
import { type StateTuple, stateTuple } from '../../core/state-res/state-map.ts';
import { type CommitRecord, type Write, write } from '../../plugin-api/commit.ts';
import type { Membership } from '../../plugin-api/ports.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import { eventWriter, pendingRedactionWriter, redactionWriter, txnWriter } from '../../storage/rooms/event-rows.ts';
import { memberWriter, roomHeadWriter, type RoomStateRow, roomStateWriter, stateGroupWriter } from '../../storage/rooms/room-rows.ts';
import type { EventLive, MembershipChange } from '../events/event-live.ts';
import type { ForwardExtremity, RoomHead } from './room-head.ts';

/** Everything that appending one authorised event needs; nothing is read from elsewhere. */
export interface Appending {
  readonly head: RoomHead;
  readonly built: BuiltEvent;
  readonly typeNid: number;
  readonly userNid: (userId: string) => number;
  readonly prev: readonly ForwardExtremity[];
  /** Numbers of the auth events. */
  readonly auth: readonly number[];
  readonly thread: number | null;
  readonly notifies: boolean;
  /** `target: null`: the target is not here yet. */
  readonly redaction: {
    readonly target: StoredEvent | null;
    readonly eventId: EventId;
    readonly json: string;
    readonly flags: number;
  } | null;
  readonly txn: { readonly userNid: number; readonly scope: string; readonly id: string } | undefined;
}

/**
 * Moves the head over an event of this server and answers the record to commit. It was built on the current state, so the state after it
 * is the current state afterwards: no resolution.
 */
export function appendEvent(appending: Appending): { event: StoredEvent; record: CommitRecord & { live: Mutable<EventLive> } } {
  const { head, built } = appending;
  const { event: roomEvent } = built;
  const num = ++head.lastNum;
  const seq = ++head.lastSeq;
  head.maxDepth = Math.max(head.maxDepth, roomEvent.depth);
  if (appending.notifies) head.ncum++;
  const tcum = (head.tcum.get(appending.thread) ?? 0) + (appending.notifies ? 1 : 0);
  head.tcum.set(appending.thread, tcum);

  const writes: Write[] = [];
  const dictionary: RoomStateRow[] = [];
  const memberships: MembershipChange[] = [];
  let stateDelta: ReadonlyMap<StateTuple, number | null> = new Map();
  let replaces: number | null = null;
  let skn: number | null = null;
  if (roomEvent.stateKey !== undefined) {
    const tuple = stateTuple(roomEvent.type, roomEvent.stateKey);
    replaces = head.state.get(tuple) ?? null;
    skn = head.sknOf(tuple, dictionary);
    stateDelta = new Map([[tuple, num]]);
    const { stateRows, groupRow } = head.changeState(stateDelta);
    for (const row of stateRows) writes.push(write(roomStateWriter, row));
    writes.push(write(stateGroupWriter, groupRow));
    if (roomEvent.type === 'm.room.member') {
      const membership = roomEvent.content['membership'] as Membership;
      const userId = roomEvent.stateKey as UserId;
      head.setMembership(userId, membership);
      memberships.push({ userId, membership, num, sender: roomEvent.sender });
      const userNid = appending.userNid(userId);
      writes.push(
        write(memberWriter, { userNid, roomNid: head.info.nid, membership, num, senderNid: appending.userNid(roomEvent.sender) }),
      );
    }
  }
  const sg = head.chain.sg;
  const uncited = head.forward.filter((extremity) => !appending.prev.includes(extremity));
  head.forward = [...uncited, { num, eventId: roomEvent.eventId, depth: roomEvent.depth, sg }];

  const event: StoredEvent = {
    roomNid: head.info.nid,
    roomId: head.info.roomId,
    eventId: roomEvent.eventId,
    num,
    seq,
    pos: 0,
    depth: roomEvent.depth,
    ts: roomEvent.originServerTs,
    type: roomEvent.type,
    stateKey: roomEvent.stateKey,
    sender: roomEvent.sender,
    sg,
    headSg: null,
    flags: 0,
    ncum: head.ncum,
    tcum,
    thread: appending.thread,
    prev: appending.prev.map((extremity) => extremity.num),
    auth: appending.auth,
    json: built.json,
    replaces,
  };
  writes.unshift(
    write(eventWriter, { ...event, typeNid: appending.typeNid, skn, senderNid: appending.userNid(roomEvent.sender) }),
    write(roomHeadWriter, head.row()),
  );
  writes.push(...redactionWrites(appending, num), ...txnWrites(appending, event));
  const live: Mutable<EventLive> = {
    kind: 'event',
    room: head.info,
    event,
    stateDelta,
    headSg: sg,
    memberships,
    redacted: null,
    txn: appending.txn === undefined ? null : { scope: appending.txn.scope, id: appending.txn.id },
  };
  return {
    event,
    record: {
      stream: 'event',
      durability: 'durable',
      writes,
      rooms: [head.info.roomId],
      users: memberships.map((change) => change.userId),
      data: [head.info.nid, num],
      live,
      shard: head.shard,
      bytes: built.json.length + 300,
    },
  };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function redactionWrites({ redaction, head, built }: Appending, byNum: number): Write[] {
  if (redaction === null) return [];
  const roomNid = head.info.nid;
  if (redaction.target === null) return [write(pendingRedactionWriter, { roomNid, targetEventId: redaction.eventId, byNum })];
  const { target, json, flags } = redaction;
  return [write(redactionWriter, { roomNid, targetNum: target.num, byNum, json, flags, ts: built.event.originServerTs })];
}

function txnWrites({ txn }: Appending, event: StoredEvent): Write[] {
  if (txn === undefined) return [];
  const { userNid, scope, id } = txn;
  return [write(txnWriter, { userNid, scope, roomNid: event.roomNid, txnId: id, num: event.num, ts: event.ts })];
}
