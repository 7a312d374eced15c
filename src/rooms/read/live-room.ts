import type { UserId } from '../../core/ids/brands.ts';
import { stateTuple, type StateTuple } from '../../core/state-res/state-map.ts';
import type { ByteCache } from '../../platform/byte-cache.ts';
import type { Membership, RoomInfo } from '../../plugin-api/ports.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import type { MemberListRow, RoomSql, StateKeyRow } from '../../storage/rooms/room-reader-sql.ts';
import type { EventLive } from '../events/event-live.ts';
import type { EventStore } from '../events/event-store.ts';
import type { RoomView, Timeline, TimelineToken } from '../room-reader.ts';
import { diffStates } from '../state/diff-states.ts';
import { GroupChain } from '../state/group-chain.ts';

/** Newest events of a room that stay at hand. */
const RECENT_MAX = 200;
/** State changes that stay at hand, for looking at recent states without reading groups. */
const CHANGES_MAX = 500;
const HEROES_MAX = 5;

interface Member {
  readonly membership: Membership;
  readonly num: number;
  readonly pos: number;
}

/** A step of current state that happened while the room was in memory. */
interface StateChange {
  /** Group after the change. */
  readonly sg: number;
  readonly before: ReadonlyMap<StateTuple, number | undefined>;
}

/** Old states of all rooms, by room and group. */
export type StateCache = ByteCache<string, ReadonlyMap<StateTuple, number>>;

export interface LiveRoomDeps {
  readonly sql: RoomSql;
  readonly events: EventStore;
  readonly states: StateCache;
}

/**
 * One room as of the last committed event, kept current by commits. Warm questions are answered without SQL; cold ones (old states, long
 * timelines, member lists) read the store.
 */
export class LiveRoom implements RoomView {
  readonly info: RoomInfo;
  /** Newest event number at the time of loading: what came later has been seen by `apply`. */
  readonly loadedNum: number;
  /** The same for arrival numbers. */
  readonly #loadedSeq: number;
  readonly #deps: LiveRoomDeps;
  /** Newest timeline events, ascending and without a gap. */
  #recent: StoredEvent[];
  /** `#recent` holds the whole timeline. */
  #complete: boolean;
  #headSg: number;
  #state: Map<StateTuple, number>;
  /** Somebody holds `#state`: copy it before the next change. */
  #stateShared = false;
  #tuples: Map<number, StateTuple>;
  #changes: StateChange[] = [];
  /** Group before the first of `#changes`. */
  #baseSg: number;
  #members: Map<UserId, Member> | null = null;
  #membersLoading: Promise<Map<UserId, Member>> | null = null;
  #joined: Set<UserId> | null = null;
  /** Of events that were committed while the room was in memory. */
  readonly #txns = new Map<number, { sender: UserId; scope: string; id: string }>();
  readonly #redactedBy = new Map<number, number>();

  constructor(options: {
    info: RoomInfo;
    headSg: number;
    lastNum: number;
    lastSeq: number;
    keys: readonly StateKeyRow[];
    recent: StoredEvent[];
    complete: boolean;
    deps: LiveRoomDeps;
  }) {
    this.info = options.info;
    this.loadedNum = options.lastNum;
    this.#loadedSeq = options.lastSeq;
    this.#deps = options.deps;
    this.#recent = options.recent;
    this.#complete = options.complete;
    this.#headSg = options.headSg;
    this.#baseSg = options.headSg;
    this.#state = new Map();
    this.#tuples = new Map();
    for (const key of options.keys) {
      const tuple = stateTuple(key.type, key.stateKey);
      this.#tuples.set(key.skn, tuple);
      if (key.num !== null) this.#state.set(tuple, key.num);
    }
  }

  get lastPos(): number {
    return this.#recent.at(-1)?.pos ?? 0;
  }

  /** Takes in one committed event; called in position order. The store may have shown it before its commit was heard of here. */
  apply(live: EventLive): void {
    const { event } = live;
    if (event.seq !== null && event.seq > 0 ? event.seq <= this.#loadedSeq : event.num <= this.loadedNum) return;
    if (live.redacted !== null) this.#replace(live.redacted, event.num);
    if (live.txn !== null) this.#txns.set(event.num, { sender: event.sender, ...live.txn });
    if (live.stateDelta.size > 0) this.#changeState(live);
    else if (live.headSg !== this.#headSg) this.#forgetHistory(live.headSg);
    for (const change of live.memberships) this.#changeMember(change.userId, change, event.pos);
    if (event.seq !== null && event.seq > 0) {
      this.#recent.push(event);
      if (this.#recent.length > RECENT_MAX) this.#trim();
    }
  }

  async timeline({ after, to, limit }: { after: number; to: number; limit: number }): Promise<Timeline> {
    const recent = this.#recent;
    const end = upperIndex(recent, to);
    const first = recent[0];
    if (this.#complete || (first !== undefined && first.pos <= after)) {
      const start = Math.max(upperIndex(recent, after), 0);
      const from = Math.max(start, end - limit);
      return { events: recent.slice(from, end), limited: from > start };
    }
    if (end > limit) return { events: recent.slice(end - limit, end), limited: true };
    const rows = await this.#deps.sql.latest([this.info.nid], { after, to, limit: limit + 1 });
    return { events: this.#deps.events.adoptAll(rows).slice(-limit), limited: rows.length > limit };
  }

  /** The newest events up to a position when they are all at hand. */
  latestIfWarm(to: number, limit: number): Timeline | null {
    const end = upperIndex(this.#recent, to);
    if (end > limit) return { events: this.#recent.slice(end - limit, end), limited: true };
    return this.#complete ? { events: this.#recent.slice(0, end), limited: false } : null;
  }

  async page(options: { from: TimelineToken; to?: TimelineToken; dir: 'b' | 'f'; limit: number }): Promise<StoredEvent[]> {
    const { from, to, dir, limit } = options;
    const events = await this.#deps.sql.page(this.info.nid, { ...from, ...(to === undefined ? {} : { to }), dir, limit });
    return this.#deps.events.adoptAll(events);
  }

  async stateAt(sg: number): Promise<ReadonlyMap<StateTuple, number>> {
    if (sg === this.#headSg) return this.#shareState();
    const cached = await this.#deps.states.fetch(
      `${this.info.nid}/${sg}`,
      async () => this.#recentState(sg) ?? (await this.#readState(sg)),
    );
    return cached ?? new Map();
  }

  async stateValueAt(sg: number, tuple: StateTuple): Promise<number | undefined> {
    if (sg === this.#headSg) return this.#state.get(tuple);
    const index = this.#indexOfGroup(sg);
    if (index === null) return (await this.stateAt(sg)).get(tuple);
    for (let i = index + 1; i < this.#changes.length; i++) {
      const change = this.#changes[i];
      if (change?.before.has(tuple)) return change.before.get(tuple);
    }
    return this.#state.get(tuple);
  }

  async stateGroupAt(pos: number): Promise<number> {
    const recent = this.#recent;
    if (pos >= this.lastPos) return this.#headSg;
    const event = recent[upperIndex(recent, pos) - 1];
    if (event !== undefined) return event.headSg ?? event.sg ?? this.#headSg;
    if (this.#complete) return 0;
    return (await this.#deps.sql.stateGroupAt(this.info.nid, pos)) ?? 0;
  }

  async currentState(): Promise<ReadonlyMap<StateTuple, number>> {
    return this.#shareState();
  }

  async stateDelta(from: number, to: number): Promise<Map<StateTuple, number | null>> {
    if (from === to) return new Map();
    return this.#recentDelta(from, to) ?? diffStates(await this.stateAt(from), await this.stateAt(to));
  }

  async membershipOf(userId: UserId): Promise<Membership | null> {
    return (await this.#memberMap()).get(userId)?.membership ?? null;
  }

  async joinedMembers(): Promise<ReadonlySet<UserId>> {
    const members = await this.#memberMap();
    if (this.#joined === null) {
      this.#joined = new Set();
      for (const [userId, member] of members) if (member.membership === 'join') this.#joined.add(userId);
    }
    return this.#joined;
  }

  /** The joined members when they are in memory. */
  joinedIfWarm(): ReadonlySet<UserId> | null {
    return this.#joined;
  }

  async counts(): Promise<{ joined: number; invited: number }> {
    let joined = 0;
    let invited = 0;
    for (const { membership } of (await this.#memberMap()).values()) {
      if (membership === 'join') joined++;
      else if (membership === 'invite') invited++;
    }
    return { joined, invited };
  }

  /** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync_response-200_room-summary */
  async heroes(exclude: UserId): Promise<UserId[]> {
    const members = await this.#memberMap();
    const pick = (wanted: (membership: Membership) => boolean): UserId[] =>
      [...members]
        .filter(([userId, member]) => userId !== exclude && wanted(member.membership))
        .sort(([, a], [, b]) => a.pos - b.pos || a.num - b.num)
        .slice(0, HEROES_MAX)
        .map(([userId]) => userId);
    const present = pick((membership) => membership === 'join' || membership === 'invite');
    return present.length > 0 ? present : pick((membership) => membership === 'leave' || membership === 'ban');
  }

  /** Gives memberships that were read for many rooms at once. */
  adoptMembers(rows: readonly MemberListRow[]): void {
    if (this.#members !== null || this.#membersLoading !== null) return;
    this.#members = memberMap(rows);
  }

  get membersWarm(): boolean {
    return this.#members !== null;
  }

  txnIdsIfWarm(userId: UserId, scope: string, nums: readonly number[]): { known: Map<number, string>; cold: number[] } {
    const known = new Map<number, string>();
    const cold: number[] = [];
    for (const num of nums) {
      const txn = this.#txns.get(num);
      if (txn !== undefined) {
        if (txn.sender === userId && txn.scope === scope) known.set(num, txn.id);
      } else if (num <= this.loadedNum) cold.push(num);
    }
    return { known, cold };
  }

  redactedByIfWarm(nums: readonly number[]): { known: Map<number, number>; cold: number[] } {
    const known = new Map<number, number>();
    const cold: number[] = [];
    for (const num of nums) {
      const by = this.#redactedBy.get(num);
      if (by === undefined) cold.push(num);
      else known.set(num, by);
    }
    return { known, cold };
  }

  #changeState(live: EventLive): void {
    const before = new Map<StateTuple, number | undefined>();
    if (this.#stateShared) {
      this.#state = new Map(this.#state);
      this.#stateShared = false;
    }
    for (const [tuple, num] of live.stateDelta) {
      before.set(tuple, this.#state.get(tuple));
      if (num === null) this.#state.delete(tuple);
      else this.#state.set(tuple, num);
    }
    this.#changes.push({ sg: live.headSg, before });
    this.#headSg = live.headSg;
    if (this.#changes.length > CHANGES_MAX) {
      const cut = this.#changes.length - CHANGES_MAX / 2;
      this.#baseSg = this.#changes[cut - 1]?.sg ?? this.#baseSg;
      this.#changes = this.#changes.slice(cut);
    }
  }

  /** The head group changed without a change that we could follow. */
  #forgetHistory(headSg: number): void {
    this.#changes = [];
    this.#baseSg = headSg;
    this.#headSg = headSg;
  }

  #changeMember(userId: UserId, change: { membership: Membership | null; num: number }, pos: number): void {
    if (this.#members === null) {
      // A list that is being read may or may not have this change: read it again.
      this.#membersLoading = null;
      return;
    }
    if (change.membership === null) this.#members.delete(userId);
    else this.#members.set(userId, { membership: change.membership, num: change.num, pos });
    if (this.#joined === null) return;
    // A new set each time: callers may hold the old one across an await.
    const joined = new Set(this.#joined);
    if (change.membership === 'join') joined.add(userId);
    else joined.delete(userId);
    this.#joined = joined;
  }

  #replace(redacted: StoredEvent, byNum: number): void {
    this.#redactedBy.set(redacted.num, byNum);
    const index = this.#recent.findLastIndex((event) => event.num === redacted.num);
    if (index >= 0) this.#recent = this.#recent.with(index, redacted);
  }

  #trim(): void {
    this.#recent = this.#recent.slice(RECENT_MAX / 2);
    this.#complete = false;
  }

  #shareState(): ReadonlyMap<StateTuple, number> {
    this.#stateShared = true;
    return this.#state;
  }

  /** Where a group stands among the recent changes: −1 before the first; null when it is not one of them. */
  #indexOfGroup(sg: number): number | null {
    if (sg === this.#baseSg) return -1;
    const index = this.#changes.findLastIndex((change) => change.sg === sg);
    return index === -1 ? null : index;
  }

  #recentState(sg: number): Map<StateTuple, number> | null {
    const index = this.#indexOfGroup(sg);
    if (index === null) return null;
    const state = new Map(this.#state);
    for (let i = this.#changes.length - 1; i > index; i--) {
      for (const [tuple, num] of this.#changes[i]?.before ?? []) {
        if (num === undefined) state.delete(tuple);
        else state.set(tuple, num);
      }
    }
    return state;
  }

  #recentDelta(from: number, to: number): Map<StateTuple, number | null> | null {
    const start = this.#indexOfGroup(from);
    const end = this.#indexOfGroup(to);
    if (start === null || end === null || end < start) return null;
    const old = new Map<StateTuple, number | undefined>();
    for (let i = end; i > start; i--) for (const [tuple, num] of this.#changes[i]?.before ?? []) old.set(tuple, num);
    const delta = new Map<StateTuple, number | null>();
    for (const [tuple, num] of old) {
      const value = this.#valueAfter(end, tuple);
      if (value !== num) delta.set(tuple, value ?? null);
    }
    return delta;
  }

  #valueAfter(index: number, tuple: StateTuple): number | undefined {
    for (let i = index + 1; i < this.#changes.length; i++) {
      const change = this.#changes[i];
      if (change?.before.has(tuple)) return change.before.get(tuple);
    }
    return this.#state.get(tuple);
  }

  async #readState(sg: number): Promise<Map<StateTuple, number>> {
    if (sg === 0) return new Map();
    const rows = await this.#deps.sql.groupPath(this.info.nid, sg);
    const bySkn = GroupChain.fromRows(rows).flatten();
    if ([...bySkn.keys()].some((skn) => !this.#tuples.has(skn))) {
      for (const key of await this.#deps.sql.stateKeys([this.info.nid])) this.#tuples.set(key.skn, stateTuple(key.type, key.stateKey));
    }
    const state = new Map<StateTuple, number>();
    for (const [skn, num] of bySkn) {
      const tuple = this.#tuples.get(skn);
      if (tuple !== undefined) state.set(tuple, num);
    }
    return state;
  }

  async #memberMap(): Promise<Map<UserId, Member>> {
    while (this.#members === null) {
      const loading = (this.#membersLoading ??= this.#deps.sql.members([this.info.nid]).then(memberMap));
      const members = await loading;
      // Only a list that no change overtook is kept.
      if (this.#membersLoading === loading) {
        this.#members = members;
        this.#membersLoading = null;
      }
    }
    return this.#members;
  }
}

function memberMap(rows: readonly MemberListRow[]): Map<UserId, Member> {
  return new Map(rows.map((row) => [row.userId, { membership: row.membership, num: row.num, pos: row.pos }]));
}

/** Number of events with `pos ≤ limit`; the list ascends by pos. */
function upperIndex(events: readonly StoredEvent[], limit: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.pos ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
