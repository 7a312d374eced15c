import { authEventsFor } from '../../core/auth/auth-events-for.ts';
import type { AuthState } from '../../core/auth/auth-state.ts';
import { authorise } from '../../core/auth/authorise.ts';
import { mayApplyRedaction } from '../../core/auth/authorise-redaction.ts';
import { type BuiltEvent, buildEvent } from '../../core/events/build-event.ts';
import { canonicalJsonOf, referenceHash } from '../../core/events/event-hashes.ts';
import { redact } from '../../core/events/redact.ts';
import type { RoomEvent } from '../../core/events/room-event.ts';
import type { EventSigner } from '../../core/events/sign-event.ts';
import { encodeBase64 } from '../../core/crypto/base64.ts';
import type { EventId, UserId } from '../../core/ids/brands.ts';
import { parseEventId } from '../../core/ids/event-id.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import type { RoomVersion } from '../../core/room-versions/room-version.ts';
import { type StateTuple, stateTuple } from '../../core/state-res/state-map.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import { type CommitPort, type CommitRecord, type Write, write } from '../../plugin-api/commit.ts';
import type { EventObserver, ObservedRoom } from '../../plugin-api/hooks.ts';
import type { SendResult } from '../../plugin-api/ports.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import type { Dictionary } from '../../storage/rooms/dictionary.ts';
import type { RoomSql } from '../../storage/rooms/room-reader-sql.ts';
import type { MembershipChange } from '../events/event-live.ts';
import { type MemberRow, newRoomWriter } from '../../storage/rooms/room-rows.ts';
import { type EventStore, isShown, versionOf } from '../events/event-store.ts';
import { type Appending, appendEvent } from './append-event.ts';
import { refusalOf } from './refusal-of.ts';
import { checkDraft } from './check-draft.ts';
import type { Draft } from './draft.ts';
import type { RoomHead } from './room-head.ts';
import { threadOf } from './thread-of.ts';

/** Extremities that an event of this server cites at most. */
const OWN_PREV_EVENTS_MAX = 10;

export interface ActorDeps {
  readonly commits: CommitPort;
  readonly sql: RoomSql;
  readonly events: EventStore;
  readonly users: Dictionary;
  readonly types: Dictionary;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly signer: EventSigner;
  readonly observers: readonly EventObserver[];
  readonly isLocal: (userId: UserId) => boolean;
  /** Whether the event counts as unread for an ordinary member. */
  readonly notifies: (event: { type: string; stateKey: string | undefined; content: JsonObject }) => boolean;
}

export interface SendManyOptions {
  /** The room does not exist yet: its row is written with the first event. */
  readonly newRoom?: { readonly createdTs: number };
  /** The first draft, built already. */
  readonly first?: BuiltEvent;
  /** Rows that belong to a new room (alias, directory). */
  readonly extra?: readonly Write[];
}

/** The actor lost its head because a commit failed; the caller gets a fresh one and tries again. */
export class ActorGoneError extends Error {
  constructor() {
    super('the room is being reloaded');
    this.name = 'ActorGoneError';
  }
}

/**
 * The one writer of a room on this node. Work on a room is strictly in order; between reading the head and appending to it nothing is
 * awaited. The head runs ahead of the disk: results resolve after their batch is committed, and a failed batch throws the actor away.
 */
export class RoomActor {
  readonly head: RoomHead;
  readonly version: RoomVersion;
  readonly #deps: ActorDeps;
  /** Events that are appended and not committed. */
  readonly pending = new Map<number, StoredEvent>();
  /** Hears of every event that is appended here. */
  onAppend: ((event: StoredEvent) => void) | null = null;
  #tail: Promise<unknown> = Promise.resolve();
  #lastCommit: Promise<void> = Promise.resolve();
  #waiting = 0;
  #gone = false;
  readonly #onGone: () => void;

  constructor(head: RoomHead, deps: ActorDeps, onGone: () => void) {
    this.head = head;
    this.version = versionOf(head.info);
    this.#deps = deps;
    this.#onGone = onGone;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Nothing is running, waiting or uncommitted. */
  get idle(): boolean {
    return this.#waiting === 0 && this.pending.size === 0;
  }

  /**
   * Makes events and appends them, all or none. Resolves once they are durable.
   *
   * @throws MatrixError `M_FORBIDDEN` (auth rules), `M_BAD_JSON`, `M_TOO_LARGE`
   */
  async send(drafts: readonly Draft[], options: SendManyOptions = {}): Promise<SendResult[]> {
    const appended = await this.exclusive(async () => {
      const prepared = await this.#prepare(drafts);
      return this.#appendAll(drafts, prepared, options);
    });
    let pos = (await appended.committed) - appended.fresh.size;
    return appended.stored.map((event) => {
      const isNew = appended.fresh.has(event);
      return { eventId: event.eventId, pos: isNew ? ++pos : event.pos, isNew };
    });
  }

  /** Runs a task when everything before it is done. A task must not wait for its own commit. */
  async exclusive<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const result = this.#tail.then(() => {
      if (this.#gone) throw new ActorGoneError();
      return task();
    });
    this.#tail = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      this.#waiting--;
    }
  }

  /** The head cannot be trusted any more: whoever comes next gets a fresh actor. */
  abandon(): void {
    this.#gone = true;
    this.#onGone();
  }

  /**
   * Hands records to the committer; a failure makes this actor useless.
   *
   * @throws ActorGoneError when the head was abandoned meanwhile: these records build on something that will never be stored
   */
  commit(records: readonly CommitRecord[]): Promise<number> {
    if (this.#gone) return Promise.reject(new ActorGoneError());
    const committed = this.#deps.commits.commitAll(
      records.map((record) => ({
        ...record,
        group: this,
        onFailed: () => this.abandon(),
      })),
    );
    this.#lastCommit = committed.then(
      () => undefined,
      () => undefined,
    );
    return committed;
  }

  /** Resolves when everything that was handed over is committed or refused: before that, the store is behind the head. */
  get settled(): Promise<void> {
    return this.#lastCommit;
  }

  /** Current state as the auth rules want it; every event it can be asked for must be in `loaded` or pending. */
  authState(loaded: ReadonlyMap<number, StoredEvent>): AuthState {
    return (type, stateKey) => {
      const num = this.head.state.get(stateTuple(type, stateKey));
      if (num === undefined) return undefined;
      const event = this.pending.get(num) ?? loaded.get(num) ?? this.#deps.events.peek(this.head.info.nid, num);
      if (event === undefined) throw new Error(`state event ${type} (${num}) was not loaded`);
      return this.#deps.events.roomEvent(event, this.version);
    };
  }

  observed(loaded: ReadonlyMap<number, StoredEvent>): ObservedRoom {
    const { head } = this;
    const { isLocal } = this.#deps;
    const state = this.authState(loaded);
    return {
      info: head.info,
      membership: (userId) => head.members.get(userId),
      joinedCount: () => head.joinedCount,
      *joinedLocals() {
        for (const [userId, membership] of head.members) if (membership === 'join' && isLocal(userId)) yield userId;
      },
      stateContent: (type, stateKey) => state(type, stateKey)?.content,
    };
  }

  /** Everything that appending will need, read while nothing else can change the head. No SQL when the room is warm. */
  async #prepare(drafts: readonly Draft[]): Promise<Prepared> {
    const { head, version } = this;
    const { users, types, events, observers } = this.#deps;
    const tuples = new Set<StateTuple>([
      stateTuple('m.room.create', ''),
      stateTuple('m.room.power_levels', ''),
      stateTuple('m.room.join_rules', ''),
      stateTuple('m.room.history_visibility', ''),
    ]);
    const names: string[] = [];
    const redacted: EventId[] = [];
    const related: EventId[] = [];
    for (const draft of drafts) {
      checkDraft(draft);
      for (const tuple of authEventsFor({ ...draft, stateKey: draft.stateKey }, version)) tuples.add(tuple);
      tuples.add(stateTuple('m.room.member', draft.sender));
      if (draft.stateKey !== undefined) tuples.add(stateTuple(draft.type, draft.stateKey));
      names.push(draft.sender);
      if (draft.type === 'm.room.member' && draft.stateKey !== undefined) names.push(draft.stateKey);
      const target = parseEventId(draft.redacts ?? (draft.type === 'm.room.redaction' ? draft.content['redacts'] : undefined));
      if (target !== null) redacted.push(target);
      const relation = draft.content['m.relates_to'];
      const parent = isJsonObject(relation) ? parseEventId(relation['event_id']) : null;
      if (parent !== null) related.push(parent);
    }
    const nums = new Set<number>();
    for (const tuple of tuples) {
      const num = head.state.get(tuple);
      if (num !== undefined && !this.pending.has(num)) nums.add(num);
    }
    if (version.references === 'pairs') for (const extremity of head.forward) nums.add(extremity.num);
    const waits: Promise<unknown>[] = [users.intern(names), types.intern(drafts.map((draft) => draft.type))];
    for (const draft of drafts) {
      for (const observer of observers) {
        const wait = observer.prepare?.(head.info, { ...draft, stateKey: draft.stateKey });
        if (wait !== undefined) waits.push(wait);
      }
    }
    const loaded = await events.byNum(head.info.nid, nums);
    const ids = [...redacted, ...related];
    const byId = ids.length === 0 ? new Map<EventId, StoredEvent>() : await events.byId(head.info.nid, ids);
    for (const event of this.pending.values()) if (ids.includes(event.eventId)) byId.set(event.eventId, event);
    await Promise.all(waits);
    await this.#loadThreadCounts(drafts, byId);
    return { loaded, byId };
  }

  async #loadThreadCounts(drafts: readonly Draft[], byId: ReadonlyMap<EventId, StoredEvent>): Promise<void> {
    for (const draft of drafts) await this.loadThreadCount(threadOf(draft.content, byId));
  }

  /** The critical section: synchronous from the first read of the head to the hand-over to the committer. */
  #appendAll(
    drafts: readonly Draft[],
    prepared: Prepared,
    options: SendManyOptions,
  ): { stored: StoredEvent[]; fresh: Set<StoredEvent>; committed: Promise<number> } {
    const records: CommitRecord[] = [];
    const stored: StoredEvent[] = [];
    const fresh = new Set<StoredEvent>();
    try {
      drafts.forEach((draft, index) => {
        const same = this.#unchangedState(draft, prepared);
        if (same !== null) {
          stored.push(same);
          return;
        }
        const built = (index === 0 ? options.first : undefined) ?? this.#build(draft, prepared);
        const verdict = authorise(built.event, this.authState(prepared.loaded), this.version);
        if (!verdict.allow) throw refusalOf(verdict);
        const { event, record } = this.#append(built, draft, prepared);
        stored.push(event);
        fresh.add(event);
        records.push(record);
      });
    } catch (error) {
      // Events before the refused one have changed the head already: it is loaded again, nothing was handed over.
      if (records.length > 0) this.abandon();
      throw error;
    }
    const first = records[0];
    if (first === undefined) return { stored, fresh, committed: Promise.resolve(stored.at(-1)?.pos ?? 0) };
    if (options.newRoom !== undefined) {
      const { info, shard } = this.head;
      const row = { nid: info.nid, roomId: info.roomId, version: info.version, shard, createdTs: options.newRoom.createdTs };
      records[0] = { ...first, writes: [write(newRoomWriter, row), ...first.writes, ...(options.extra ?? [])] };
    }
    return { stored, fresh, committed: this.commit(records) };
  }

  /** The same state set again by the same user changes nothing: the event that is there is the answer. */
  #unchangedState(draft: Draft, { loaded }: Prepared): StoredEvent | null {
    if (draft.stateKey === undefined) return null;
    const num = this.head.state.get(stateTuple(draft.type, draft.stateKey));
    if (num === undefined) return null;
    const current = this.pending.get(num) ?? loaded.get(num);
    if (current === undefined || current.sender !== draft.sender) return null;
    const canonical = canonicalJsonOf(this.version);
    const { content } = this.#deps.events.roomEvent(current, this.version);
    return canonical(content) === canonical(draft.content) ? current : null;
  }

  #build(draft: Draft, { loaded }: Prepared): BuiltEvent {
    const { head, version } = this;
    const { clock, rng, signer, events } = this.#deps;
    const prev = head.forward.toSorted((a, b) => b.depth - a.depth || b.num - a.num).slice(0, OWN_PREV_EVENTS_MAX);
    const state = this.authState(loaded);
    const auth: RoomEvent[] = [];
    for (const tuple of authEventsFor({ ...draft, stateKey: draft.stateKey }, version)) {
      const at = tuple.indexOf('\0');
      const event = state(tuple.slice(0, at), tuple.slice(at + 1));
      if (event !== undefined) auth.push(event);
    }
    return buildEvent(
      {
        roomId: head.info.roomId,
        type: draft.type,
        stateKey: draft.stateKey,
        sender: draft.sender,
        content: draft.content,
        redacts: draft.redacts,
        depth: Math.min(Number.MAX_SAFE_INTEGER, 1 + prev.reduce((max, extremity) => Math.max(max, extremity.depth), 0)),
        originServerTs: draft.originServerTs ?? clock.now(),
        prevEvents: prev.map((extremity) => extremity.eventId),
        authEvents: auth.map((event) => event.eventId),
      },
      {
        version,
        signer,
        ...(version.eventIds === 'field' ? { eventIdLocalpart: rng.token(18) } : {}),
        ...(version.references === 'pairs'
          ? {
              referenceHashOf: (eventId: EventId): string => {
                const cited = auth.find((event) => event.eventId === eventId) ?? this.#extremityEvent(eventId, loaded, events);
                return encodeBase64(referenceHash(cited.pdu, version));
              },
            }
          : {}),
      },
    );
  }

  #extremityEvent(eventId: EventId, loaded: ReadonlyMap<number, StoredEvent>, events: EventStore): RoomEvent {
    const num = this.head.forward.find((extremity) => extremity.eventId === eventId)?.num;
    const event = num === undefined ? undefined : (this.pending.get(num) ?? loaded.get(num));
    if (event === undefined) throw new Error(`${eventId} is not a loaded extremity`);
    return events.roomEvent(event, this.version);
  }

  #append(built: BuiltEvent, draft: Draft, prepared: Prepared): { event: StoredEvent; record: CommitRecord } {
    const { head } = this;
    const { users, types, events, observers, notifies } = this.#deps;
    const state = this.authState(prepared.loaded);
    // Before the append: whether a redaction takes effect depends on the state before it.
    const redaction = this.#redactionOf(built.event, prepared, state);
    const appending: Appending = {
      head,
      built,
      typeNid: types.get(built.event.type),
      userNid: (userId) => users.get(userId),
      prev: head.forward.toSorted((a, b) => b.depth - a.depth || b.num - a.num).slice(0, OWN_PREV_EVENTS_MAX),
      auth: built.event.authEvents.map((id) => this.#numOf(id, prepared)),
      thread: threadOf(built.event.content, prepared.byId),
      notifies: notifies(built.event),
      redaction,
      txn: draft.txn,
    };
    const { event, record } = appendEvent(appending);
    this.pending.set(event.num, event);
    events.remember(event, built.event);
    this.onAppend?.(event);
    const extra: Write[] = [];
    if (observers.length > 0) {
      const room = this.observed(prepared.loaded);
      for (const observer of observers) extra.push(...observer.writes(event, built.event.content, room));
    }
    const live = record.live;
    return {
      event,
      record: {
        ...record,
        writes: [...record.writes, ...extra],
        onCommitted: (pos) => {
          live.event = this.settle(event, built.event, pos);
          if (redaction?.target !== undefined && redaction.target !== null)
            live.redacted = this.settleRedaction(redaction.target, redaction);
        },
      },
    };
  }

  /** An appended event is on disk: everybody may see it now. */
  settle(event: StoredEvent, parsed: RoomEvent | null, pos: number): StoredEvent {
    const { events } = this.#deps;
    const final: StoredEvent = { ...event, pos };
    if (parsed !== null) events.remember(final, parsed);
    events.put(final);
    this.pending.delete(event.num);
    return final;
  }

  /** A redaction is on disk: its target from now on has the redacted form. */
  settleRedaction(target: StoredEvent, redaction: { readonly json: string; readonly flags: number }): StoredEvent {
    const { events } = this.#deps;
    const changed: StoredEvent = { ...(events.peek(target.roomNid, target.num) ?? target), json: redaction.json, flags: redaction.flags };
    events.put(changed);
    return changed;
  }

  remember(event: StoredEvent, parsed: RoomEvent): void {
    this.#deps.events.remember(event, parsed);
  }

  /** Rows that observers add to an event's transaction. */
  observe(event: StoredEvent, content: JsonObject, loaded: ReadonlyMap<number, StoredEvent>): Write[] {
    const room = this.observed(loaded);
    return this.#deps.observers.flatMap((observer) => [...observer.writes(event, content, room)]);
  }

  async prepareObservers(draft: { type: string; stateKey: string | undefined; sender: UserId; content: JsonObject }): Promise<void> {
    for (const observer of this.#deps.observers) await observer.prepare?.(this.head.info, draft);
  }

  notifies(event: { type: string; stateKey: string | undefined; content: JsonObject }): boolean {
    return this.#deps.notifies(event);
  }

  async internForEvent(event: { sender: string; type: string; stateKey: string | undefined }): Promise<void> {
    const { users, types } = this.#deps;
    const names = event.type === 'm.room.member' && event.stateKey !== undefined ? [event.sender, event.stateKey] : [event.sender];
    await Promise.all([users.intern(names), types.intern([event.type])]);
  }

  async loadThreadCount(thread: number | null): Promise<void> {
    if (thread === null || this.head.tcum.has(thread)) return;
    this.head.tcum.set(thread, await this.#deps.sql.threadCount(this.head.info.nid, thread));
  }

  typeNid(type: string): number {
    return this.#deps.types.get(type);
  }

  userNid(userId: string): number {
    return this.#deps.users.get(userId);
  }

  memberRow(change: MembershipChange): MemberRow {
    return {
      userNid: this.userNid(change.userId),
      roomNid: this.head.info.nid,
      membership: change.membership ?? 'leave',
      num: change.num,
      senderNid: this.userNid(change.sender),
    };
  }

  #numOf(id: EventId, { loaded }: Prepared): number {
    for (const event of loaded.values()) if (event.eventId === id) return event.num;
    for (const event of this.pending.values()) if (event.eventId === id) return event.num;
    throw new Error(`${id} has no number`);
  }

  /** What a redaction does to its target; null when it has no effect, `target: null` when the target is not here yet. */
  #redactionOf(event: RoomEvent, { byId }: Prepared, state: AuthState): Appending['redaction'] {
    if (event.redacts === undefined) return null;
    const target = byId.get(event.redacts);
    if (target === undefined || !isShown(target)) return { target: null, eventId: event.redacts, json: '', flags: 0 };
    if (!mayApplyRedaction(event, { sender: target.sender }, state, this.version)) return null;
    // The create event and redactions themselves stay: nothing could check the room without them.
    const redacted = redact(this.#deps.events.roomEvent(target, this.version).pdu, this.version);
    return { target, eventId: target.eventId, json: canonicalJsonOf(this.version)(redacted), flags: target.flags | 8 };
  }
}

interface Prepared {
  readonly loaded: ReadonlyMap<number, StoredEvent>;
  readonly byId: ReadonlyMap<EventId, StoredEvent>;
}
