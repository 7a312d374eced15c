import type { AuthState } from '../../core/auth/auth-state.ts';
import { mayApplyRedaction } from '../../core/auth/authorise-redaction.ts';
import type { RoomEvent } from '../../core/events/room-event.ts';
import type { EventId } from '../../core/ids/brands.ts';
import { stateTuple, type StateTuple } from '../../core/state-res/state-map.ts';
import type { StateResolver } from '../../core/state-res/state-resolver.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import type { RoomSql } from '../../storage/rooms/room-reader-sql.ts';
import type { RoomActor } from '../actor/room-actor.ts';
import type { EventStore } from '../events/event-store.ts';
import { GroupChain } from '../state/group-chain.ts';
import { RoomGraph } from './room-graph.ts';
import { resolveStates } from './resolve-states.ts';

/** Paths of state groups kept per room, besides the head's. */
const CHAINS_MAX = 256;
/** Resolutions remembered per room, by the groups that went in. */
const RESOLUTIONS_MAX = 64;

/** A state of the room with the group that holds it; `chain` is null while no group does (a fresh result of resolution). */
export interface EngineState {
  readonly state: ReadonlyMap<StateTuple, number>;
  readonly chain: GroupChain | null;
}

export interface RoomStatesDeps {
  readonly sql: RoomSql;
  readonly store: EventStore;
  readonly resolverOf: (algorithm: 'v1' | 'v2' | 'v2.1') => StateResolver;
}

/**
 * Old and forked states of one room, for its actor: looks up the state after any event, and resolves where the graph forked. Works on the
 * actor's speculative head, so it must only be used inside the actor's queue.
 */
export class RoomStates {
  readonly #actor: RoomActor;
  readonly #deps: RoomStatesDeps;
  readonly #chains = new Map<number, GroupChain>();
  readonly #resolutions = new Map<string, EngineState>();
  #graph: RoomGraph | null = null;

  constructor(actor: RoomActor, deps: RoomStatesDeps) {
    this.#actor = actor;
    this.#deps = deps;
  }

  get #nid(): number {
    return this.#actor.head.info.nid;
  }

  /** Remembers a group that may not be on disk yet. */
  keep(chain: GroupChain): void {
    this.#chains.set(chain.sg, chain);
    if (this.#chains.size > CHAINS_MAX) this.#chains.delete(this.#chains.keys().next().value as number);
  }

  /** A state event joins the auth graph, if the graph is in memory. */
  appended(event: StoredEvent): void {
    if (event.stateKey !== undefined) this.#graph?.add(event);
  }

  roomEvent(event: StoredEvent): RoomEvent {
    return this.#deps.store.roomEvent(event, this.#actor.version);
  }

  async eventsById(ids: readonly EventId[]): Promise<Map<EventId, StoredEvent>> {
    const found = await this.#deps.store.byId(this.#nid, ids);
    for (const event of this.#actor.pending.values()) if (ids.includes(event.eventId)) found.set(event.eventId, event);
    return found;
  }

  async eventsByNum(nums: Iterable<number>): Promise<Map<number, StoredEvent>> {
    const stored: number[] = [];
    const found = new Map<number, StoredEvent>();
    for (const num of nums) {
      const pending = this.#actor.pending.get(num);
      if (pending === undefined) stored.push(num);
      else found.set(num, pending);
    }
    for (const [num, event] of await this.#deps.store.byNum(this.#nid, stored)) found.set(num, event);
    return found;
  }

  async createEvent(): Promise<RoomEvent> {
    const num = this.#actor.head.state.get(stateTuple('m.room.create', ''));
    const event = num === undefined ? undefined : (await this.eventsByNum([num])).get(num);
    if (event === undefined) throw new Error(`${this.#actor.head.info.roomId} has no create event`);
    return this.roomEvent(event);
  }

  /** A state as the auth rules ask for it; `tuples` are all the keys that they can ask for. */
  async authState(state: ReadonlyMap<StateTuple, number>, tuples: readonly StateTuple[]): Promise<AuthState> {
    const nums = new Set<number>();
    for (const tuple of tuples) {
      const num = state.get(tuple);
      if (num !== undefined) nums.add(num);
    }
    const events = await this.eventsByNum(nums);
    return (type, stateKey) => {
      const num = state.get(stateTuple(type, stateKey));
      const event = num === undefined ? undefined : events.get(num);
      return event === undefined ? undefined : this.roomEvent(event);
    };
  }

  /** The state just before an event that follows these. */
  before(prev: readonly StoredEvent[]): Promise<EngineState> {
    return this.merged(
      prev.map((event) => {
        if (event.sg === null) throw new Error(`${event.eventId} has no state yet`);
        return event.sg;
      }),
    );
  }

  /** One state out of the states of several groups: resolved where they differ. Remembered by the set of groups. */
  async merged(groups: readonly number[]): Promise<EngineState> {
    const distinct = [...new Set(groups)].sort((a, b) => a - b);
    const [only] = distinct;
    if (only !== undefined && distinct.length === 1) return this.#stateOf(only);
    const key = distinct.join(',');
    const known = this.#resolutions.get(key);
    if (known !== undefined) return known;
    const states = await Promise.all(distinct.map((group) => this.#stateOf(group)));
    const resolved: EngineState = {
      state: await this.#resolve(states.map((entry) => entry.state)),
      chain: null,
    };
    this.#remember(key, resolved);
    return resolved;
  }

  /** The group that now holds a resolved state, so that it is not written twice. */
  remember(groups: readonly number[], state: EngineState): void {
    this.#remember([...new Set(groups)].sort((a, b) => a - b).join(','), state);
  }

  /** The path of a group, to build on it. */
  async chainOf(sg: number): Promise<GroupChain> {
    const head = this.#actor.head.chain;
    if (head.sg === sg) return head;
    const known = this.#chains.get(sg);
    if (known !== undefined) return known;
    const chain = sg === 0 ? GroupChain.empty : GroupChain.fromRows(await this.#deps.sql.groupPath(this.#nid, sg));
    this.keep(chain);
    return chain;
  }

  /** A redaction that arrived before its target and may be applied to it. */
  async redactionWaitingFor(event: RoomEvent): Promise<StoredEvent | null> {
    for (const waiting of await this.#deps.sql.pendingRedactions(this.#nid, [event.eventId])) {
      const stored = (await this.eventsByNum([waiting.byNum])).get(waiting.byNum);
      if (stored === undefined || stored.sg === null) continue;
      const { state } = await this.#stateOf(stored.sg);
      const redaction = this.roomEvent(stored);
      const auth = await this.authState(state, [
        stateTuple('m.room.create', ''),
        stateTuple('m.room.power_levels', ''),
        stateTuple('m.room.member', redaction.sender),
      ]);
      if (mayApplyRedaction(redaction, event, auth, this.#actor.version)) return stored;
    }
    return null;
  }

  async #stateOf(sg: number): Promise<EngineState> {
    const { head } = this.#actor;
    if (head.chain.sg === sg) return { state: new Map(head.state), chain: head.chain };
    const chain = await this.chainOf(sg);
    const tuples = new Map([...head.skns].map(([tuple, skn]) => [skn, tuple]));
    const state = new Map<StateTuple, number>();
    for (const [skn, num] of chain.flatten()) {
      const tuple = tuples.get(skn);
      if (tuple === undefined) throw new Error(`state key ${skn} is not in the room's dictionary`);
      state.set(tuple, num);
    }
    return { state, chain };
  }

  async #resolve(states: readonly ReadonlyMap<StateTuple, number>[]): Promise<Map<StateTuple, number>> {
    const { version } = this.#actor;
    const graph = await this.#loadGraph();
    return resolveStates(states, {
      graph,
      resolver: this.#deps.resolverOf(version.stateResolution),
      version,
      store: this.#deps.store,
      eventsByNum: (nums) => this.eventsByNum(nums),
    });
  }

  async #loadGraph(): Promise<RoomGraph> {
    if (this.#graph === null) {
      this.#graph = await RoomGraph.load(this.#deps.sql, this.#nid);
      for (const event of this.#actor.pending.values()) this.appended(event);
    }
    return this.#graph;
  }

  #remember(key: string, state: EngineState): void {
    this.#resolutions.set(key, state);
    if (this.#resolutions.size > RESOLUTIONS_MAX) this.#resolutions.delete(this.#resolutions.keys().next().value as string);
  }
}
