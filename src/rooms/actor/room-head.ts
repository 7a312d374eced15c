import type { EventId, UserId } from '../../core/ids/brands.ts';
import { splitStateTuple, type StateTuple } from '../../core/state-res/state-map.ts';
import type { Membership, RoomInfo } from '../../plugin-api/ports.ts';
import type { RoomHeadRow, RoomStateRow, StateGroupRow } from '../../storage/rooms/room-rows.ts';
import type { GroupChain } from '../state/group-chain.ts';

/** An event without children: the next event of this server cites it. */
export interface ForwardExtremity {
  readonly num: number;
  readonly eventId: EventId;
  readonly depth: number;
  /** State group after the event. */
  readonly sg: number;
}

export interface HeadFields {
  lastNum: number;
  lastSeq: number;
  firstSeq: number;
  lastSg: number;
  maxDepth: number;
  forward: ForwardExtremity[];
}

/**
 * The speculative head of a room: what the next event builds on. It runs ahead of the disk by the records that the committer
 * still holds; when one of those fails, the whole head is thrown away and loaded again.
 */
export class RoomHead implements HeadFields {
  readonly info: RoomInfo;
  readonly shard: number;
  lastNum: number;
  lastSeq: number;
  firstSeq: number;
  lastSg: number;
  maxDepth: number;
  forward: ForwardExtremity[];
  /** Current state: number of the event that holds each key. */
  readonly state: Map<StateTuple, number>;
  /** The room's dictionary of state keys. */
  readonly skns: Map<StateTuple, number>;
  readonly members: Map<UserId, Membership>;
  chain: GroupChain;
  /** Running counts of notifying events: of the room, and by thread root (null = main timeline). */
  ncum: number;
  readonly tcum: Map<number | null, number>;
  #lastSkn: number;
  #joined = 0;

  constructor(options: {
    info: RoomInfo;
    shard: number;
    fields: HeadFields;
    state: Map<StateTuple, number>;
    skns: Map<StateTuple, number>;
    lastSkn: number;
    members: Map<UserId, Membership>;
    chain: GroupChain;
    ncum: number;
    mainTcum: number;
  }) {
    this.info = options.info;
    this.shard = options.shard;
    this.lastNum = options.fields.lastNum;
    this.lastSeq = options.fields.lastSeq;
    this.firstSeq = options.fields.firstSeq;
    this.lastSg = options.fields.lastSg;
    this.maxDepth = options.fields.maxDepth;
    this.forward = options.fields.forward;
    this.state = options.state;
    this.skns = options.skns;
    this.#lastSkn = options.lastSkn;
    this.members = options.members;
    this.chain = options.chain;
    this.ncum = options.ncum;
    this.tcum = new Map([[null, options.mainTcum]]);
    for (const membership of this.members.values()) if (membership === 'join') this.#joined++;
  }

  get joinedCount(): number {
    return this.#joined;
  }

  /** Number of a state key, a new one when the room has not seen it. `rows` receives the dictionary row of a new one. */
  sknOf(tuple: StateTuple, rows: RoomStateRow[]): number {
    const known = this.skns.get(tuple);
    if (known !== undefined) return known;
    const skn = ++this.#lastSkn;
    this.skns.set(tuple, skn);
    rows.push({ roomNid: this.info.nid, skn, ...splitStateTuple(tuple), num: this.state.get(tuple) ?? null });
    return skn;
  }

  /** Changes current state and answers what to write. */
  changeState(changes: ReadonlyMap<StateTuple, number | null>): { stateRows: RoomStateRow[]; groupRow: StateGroupRow } {
    const stateRows: RoomStateRow[] = [];
    const bySkn = new Map<number, number>();
    for (const [tuple, num] of changes) {
      if (num === null) this.state.delete(tuple);
      else this.state.set(tuple, num);
      const skn = this.sknOf(tuple, []);
      bySkn.set(skn, num ?? 0);
      stateRows.push({ roomNid: this.info.nid, skn, ...splitStateTuple(tuple), num });
    }
    const { chain, row } = this.chain.child({
      roomNid: this.info.nid,
      sg: ++this.lastSg,
      change: bySkn,
      stateSize: this.state.size,
      fullState: () => this.stateBySkn(),
    });
    this.chain = chain;
    return { stateRows, groupRow: row };
  }

  stateBySkn(): Map<number, number> {
    const bySkn = new Map<number, number>();
    for (const [tuple, num] of this.state) bySkn.set(this.skns.get(tuple) as number, num);
    return bySkn;
  }

  setMembership(userId: UserId, membership: Membership | null): void {
    if (this.members.get(userId) === 'join') this.#joined--;
    if (membership === null) this.members.delete(userId);
    else this.members.set(userId, membership);
    if (membership === 'join') this.#joined++;
  }

  row(): RoomHeadRow {
    return {
      roomNid: this.info.nid,
      lastNum: this.lastNum,
      lastSeq: this.lastSeq,
      firstSeq: this.firstSeq,
      headSg: this.chain.sg,
      lastSg: this.lastSg,
      lastSkn: this.#lastSkn,
      forward: this.forward.map((extremity) => extremity.num),
      maxDepth: this.maxDepth,
    };
  }
}
