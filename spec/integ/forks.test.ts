import { describe, expect, test } from 'vitest';
import { authEventsFor } from '../../src/core/auth/auth-events-for.ts';
import { buildEvent } from '../../src/core/events/build-event.ts';
import { eventIdOf } from '../../src/core/events/event-hashes.ts';
import type { Pdu } from '../../src/core/events/pdu.ts';
import type { EventId, RoomId, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import { roomVersion } from '../../src/core/room-versions/room-versions.ts';
import type { RoomVersion, RoomVersionId } from '../../src/core/room-versions/room-version.ts';
import { MemoryEventSource } from '../../src/core/state-res/memory-event-source.ts';
import { runResolver, STATE_RESOLVERS } from '../../src/core/state-res/run-resolver.ts';
import { splitStateTuple, stateTuple, type StateTuple } from '../../src/core/state-res/state-map.ts';
import { SeededRng } from '../../src/platform/seeded-rng.ts';
import { EVENT_FLAG, type StoredEvent } from '../../src/plugin-api/stored-event.ts';
import type { IngestOutcome } from '../../src/rooms/ingest/ingest-outcome.ts';
import { testDatabase } from '../support/database.ts';
import { type Engine, openEngine } from '../support/engine.ts';

const ALICE = '@alice:weft.test' as UserId;
const BOB = '@bob:weft.test' as UserId;
const CAROL = '@carol:weft.test' as UserId;

async function newRoom(engine: Engine, version: RoomVersionId): Promise<RoomId> {
  const { roomId } = await engine.rooms.create(
    {
      creator: ALICE,
      version,
      preset: 'public_chat',
      creationContent: {},
      initialState: [],
      powerLevelOverride: { users: version === '12' ? { [BOB]: 50 } : { [ALICE]: 100, [BOB]: 50 } },
      name: null,
      topic: null,
      invite: [],
      isDirect: false,
      alias: null,
    },
    { publish: false },
  );
  for (const userId of [BOB, CAROL]) await engine.rooms.setMembership({ roomId, sender: userId, target: userId, membership: 'join' });
  return roomId;
}

interface Branch {
  readonly type: string;
  readonly stateKey?: string;
  readonly sender: UserId;
  readonly content: JsonObject;
}

/** A room whose graph a test can fork at will: it knows the state after each event and builds on any of them. */
class ForkedRoom {
  readonly engine: Engine;
  readonly roomId: RoomId;
  readonly version: RoomVersion;
  #clock = Date.now();

  constructor(engine: Engine, roomId: RoomId, version: RoomVersion) {
    this.engine = engine;
    this.roomId = roomId;
    this.version = version;
  }

  async tip(): Promise<StoredEvent> {
    const view = await this.engine.reader.view(this.roomId);
    const { events } = (await view?.timeline({ after: -1, to: Number.MAX_SAFE_INTEGER, limit: 1 })) ?? { events: [] };
    return events[0] as StoredEvent;
  }

  async stored(eventId: EventId): Promise<StoredEvent> {
    const info = await this.engine.rooms.info(this.roomId);
    const found = await this.engine.store.byId(info?.nid ?? 0, [eventId]);
    return found.get(eventId) as StoredEvent;
  }

  /** Builds an event on the given ones and hands it in. */
  async add(prev: readonly StoredEvent[], branch: Branch): Promise<IngestOutcome & { eventId: EventId }> {
    const pdu = await this.build(prev, branch);
    const [outcome] = await this.engine.ingest.receive({ roomId: this.roomId, origin: this.engine.signer.name, pdus: [pdu] });
    return { ...(outcome as IngestOutcome), eventId: eventIdOf(pdu, this.version) };
  }

  /** An event on the given ones that cites what the state after the first of them holds. */
  async build(prev: readonly StoredEvent[], branch: Branch): Promise<Pdu> {
    const view = await this.engine.reader.view(this.roomId);
    const state = (await view?.stateAt(prev[0]?.sg ?? 0)) ?? new Map<StateTuple, number>();
    const cited: EventId[] = [];
    for (const tuple of authEventsFor({ ...branch, stateKey: branch.stateKey }, this.version)) {
      const num = state.get(tuple);
      const [event] = num === undefined ? [] : await this.engine.reader.eventsByNum(this.roomId, [num]);
      if (event !== undefined) cited.push(event.eventId);
    }
    const built = buildEvent(
      {
        roomId: this.roomId,
        ...branch,
        depth: 1 + Math.max(...prev.map((event) => event.depth)),
        originServerTs: ++this.#clock,
        prevEvents: prev.map((event) => event.eventId),
        authEvents: cited,
      },
      { version: this.version, signer: this.engine.signer },
    );
    return built.event.pdu;
  }

  async current(type: string, stateKey = ''): Promise<{ eventId: EventId; content: JsonObject } | null> {
    const event = await this.engine.rooms.stateEvent(this.roomId, type, stateKey);
    return event === null ? null : { eventId: event.eventId, content: this.engine.rooms.content(event) };
  }
}

async function forked(engine: Engine, version: RoomVersionId): Promise<ForkedRoom> {
  return new ForkedRoom(engine, await newRoom(engine, version), roomVersion(version) as RoomVersion);
}

describe.each(['6', '11', '12'] as const)('a graph that forks, room version %s', (version) => {
  test('a ban wins over what the banned moderator did at the same time, and the next event joins the branches', async () => {
    await using database = await testDatabase();
    await using engine = await openEngine(database);
    const room = await forked(engine, version);
    const base = await room.tip();

    const topic = await room.add([base], { type: 'm.room.topic', stateKey: '', sender: BOB, content: { topic: 'by bob' } });
    expect(topic.verdict).toBe('accepted');
    const ban = await room.add([base], { type: 'm.room.member', stateKey: BOB, sender: ALICE, content: { membership: 'ban' } });
    expect(ban.verdict).toBe('accepted');

    expect((await room.current('m.room.member', BOB))?.content['membership']).toBe('ban');
    expect(await room.current('m.room.topic')).toBeNull();
    expect(await engine.rooms.membership(room.roomId, BOB)).toBe('ban');
    expect((await engine.rooms.joinedMembers(room.roomId)).has(BOB)).toBe(false);

    const { eventId } = await engine.rooms.send({ roomId: room.roomId, sender: ALICE, type: 'm.room.message', content: { body: 'after' } });
    const joined = await room.stored(eventId);
    expect(joined.prev).toHaveLength(2);
    await expect(
      engine.rooms.send({ roomId: room.roomId, sender: BOB, type: 'm.room.message', content: { body: 'no' } }),
    ).rejects.toMatchObject({
      errcode: 'M_FORBIDDEN',
    });
  });

  test('messages on two branches share a state and need no resolution', async () => {
    await using database = await testDatabase();
    await using engine = await openEngine(database);
    const room = await forked(engine, version);
    const base = await room.tip();
    const first = await room.add([base], { type: 'm.room.message', sender: ALICE, content: { body: 'a' } });
    const second = await room.add([base], { type: 'm.room.message', sender: CAROL, content: { body: 'b' } });
    const [a, b] = [await room.stored(first.eventId), await room.stored(second.eventId)];
    expect(a.sg).toBe(base.sg);
    expect(b.sg).toBe(base.sg);
    const third = await room.add([a, b], { type: 'm.room.message', sender: BOB, content: { body: 'c' } });
    expect((await room.stored(third.eventId)).sg).toBe(base.sg);
  });

  test('what the rules refuse is kept with its verdict and never shown', async () => {
    await using database = await testDatabase();
    await using engine = await openEngine(database);
    const room = await forked(engine, version);
    const base = await room.tip();

    // Carol has no power to set a topic: refused by her own auth events.
    const refused = await room.add([base], { type: 'm.room.topic', stateKey: '', sender: CAROL, content: { topic: 'no' } });
    expect(refused).toMatchObject({ verdict: 'rejected' });
    expect((await room.stored(refused.eventId)).flags & EVENT_FLAG.rejected).not.toBe(0);

    // Bob is banned now; a message that he hangs on the past from before the ban was allowed then and is not now.
    await engine.rooms.setMembership({ roomId: room.roomId, sender: ALICE, target: BOB, membership: 'ban' });
    const late = await room.add([base], { type: 'm.room.message', sender: BOB, content: { body: 'late' } });
    expect(late).toMatchObject({ verdict: 'softFailed' });

    const hidden = await engine.reader.eventsById(room.roomId, [refused.eventId, late.eventId]);
    expect(hidden).toEqual([]);
    const tip = await room.tip();
    expect([refused.eventId, late.eventId]).not.toContain(tip.eventId);
    expect(await room.current('m.room.topic')).toBeNull();
  });

  test('an event is known, missing its past, or of another room', async () => {
    await using database = await testDatabase();
    await using engine = await openEngine(database);
    const room = await forked(engine, version);
    const base = await room.tip();
    const built = buildEvent(
      {
        roomId: room.roomId,
        type: 'm.room.message',
        sender: ALICE,
        content: {},
        depth: 99,
        originServerTs: 1,
        prevEvents: ['$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' as EventId],
        authEvents: [],
      },
      { version: room.version, signer: engine.signer },
    );
    const tampered: JsonObject = { ...built.event.pdu, type: 'm.room.name' };
    const outcomes = await engine.ingest.receive({
      roomId: room.roomId,
      origin: engine.signer.name,
      pdus: [JSON.parse(base.json) as JsonObject, built.event.pdu, tampered, { type: 5 }],
    });
    expect(outcomes.map((outcome) => outcome.verdict)).toEqual(['known', 'missing', 'dropped', 'dropped']);
    expect(outcomes[1]).toMatchObject({ missing: ['$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'] });
    expect(outcomes[2]).toMatchObject({ rule: 'signature' });
  });
});

describe('a room that takes events from elsewhere while its own users write', () => {
  test('appends one after the other: no number, place or extremity is used twice, and a restart sees the same', async () => {
    await using database = await testDatabase();
    let roomId: RoomId;
    let expected: Map<StateTuple, EventId>;
    const pdus: JsonObject[] = [];
    {
      await using engine = await openEngine(database);
      const room = await forked(engine, '11');
      roomId = room.roomId;
      const base = await room.tip();
      for (let i = 0; i < 12; i++) {
        const branch: Branch =
          i % 2 === 0
            ? { type: 'm.room.topic', stateKey: '', sender: BOB, content: { topic: `topic ${i}` } }
            : { type: 'm.room.message', sender: CAROL, content: { body: `elsewhere ${i}` } };
        pdus.push(await room.build([base], branch));
      }
    }
    {
      await using engine = await openEngine(database);
      // Reading for a resolution takes long: whoever did not wait their turn would cut in here.
      const authEdges = engine.sql.authEdges.bind(engine.sql);
      engine.sql.authEdges = async (nid) => {
        for (let turn = 0; turn < 2_000; turn++) await new Promise((resolve) => setImmediate(resolve));
        return authEdges(nid);
      };
      const room = new ForkedRoom(engine, roomId, roomVersion('11') as RoomVersion);
      const own = Array.from({ length: 12 }, (_, i) =>
        engine.rooms.send({
          roomId,
          sender: ALICE,
          type: i % 3 === 0 ? 'm.room.name' : 'm.room.message',
          ...(i % 3 === 0 ? { stateKey: '' } : {}),
          content: { name: `name ${i}` },
        }),
      );
      const [outcomes] = await Promise.all([engine.ingest.receive({ roomId, origin: engine.signer.name, pdus }), Promise.all(own)]);
      expect(outcomes.map((outcome) => outcome.verdict)).toEqual(pdus.map(() => 'accepted'));
      const events = await stored(engine, roomId);
      const seqs = events.flatMap((event) => event.seq ?? []).toSorted((a, b) => a - b);
      expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      expect(new Set(events.map((event) => event.eventId)).size).toBe(events.length);
      const [row] = await engine.sql.rooms([roomId]);
      const cited = new Set(events.flatMap((event) => [...event.prev]));
      expect([...(row?.forward ?? [])].toSorted((a, b) => a - b)).toEqual(
        events
          .map((event) => event.num)
          .filter((num) => !cited.has(num))
          .toSorted((a, b) => a - b),
      );
      expected = await naiveState(engine, room);
      expect(await engineState(engine, roomId)).toEqual(expected);
    }
    await using again = await openEngine(database);
    expect(await engineState(again, roomId)).toEqual(expected);
  });
});

describe('random graphs', () => {
  test.each([1, 2, 3, 4])('engine and plain resolution agree, before and after a restart (seed %i)', async (seed) => {
    await using database = await testDatabase();
    const rng = new SeededRng(seed);
    const version = seed % 2 === 0 ? '12' : '10';
    let roomId: RoomId;
    let expected: Map<StateTuple, EventId>;
    {
      await using engine = await openEngine(database);
      const room = await forked(engine, version);
      roomId = room.roomId;
      const tips: StoredEvent[] = [await room.tip()];
      for (let step = 0; step < 40; step++) {
        const count = 1 + rng.int(Math.min(3, tips.length));
        const prev = [
          ...new Set(Array.from({ length: count }, () => tips[tips.length - 1 - rng.int(Math.min(6, tips.length))] as StoredEvent)),
        ];
        const outcome = await room.add(prev, randomBranch(rng));
        if (outcome.verdict === 'accepted') tips.push(await room.stored(outcome.eventId));
      }
      expected = await naiveState(engine, room);
      expect(await engineState(engine, roomId)).toEqual(expected);
    }
    await using again = await openEngine(database);
    expect(await engineState(again, roomId)).toEqual(expected);
    // The restarted server builds on what it read.
    await again.rooms.send({ roomId, sender: ALICE, type: 'm.room.message', content: { body: 'still here' } });
    expect(await engineState(again, roomId)).toEqual(expected);
  });
});

function randomBranch(rng: SeededRng): Branch {
  const sender = [ALICE, ALICE, BOB, CAROL][rng.int(4)] as UserId;
  const kinds: (() => Branch)[] = [
    () => ({ type: 'm.room.message', sender, content: { body: rng.token(4) } }),
    () => ({ type: 'm.room.topic', stateKey: '', sender, content: { topic: rng.token(4) } }),
    () => ({ type: 'm.room.name', stateKey: '', sender, content: { name: rng.token(4) } }),
    () => ({ type: 'm.room.member', stateKey: BOB, sender: ALICE, content: { membership: rng.int(2) === 0 ? 'ban' : 'leave' } }),
    () => ({ type: 'm.room.member', stateKey: BOB, sender: BOB, content: { membership: 'join', displayname: rng.token(3) } }),
    () => ({ type: 'm.room.join_rules', stateKey: '', sender: ALICE, content: { join_rule: rng.int(2) === 0 ? 'invite' : 'public' } }),
  ];
  return (kinds[rng.int(kinds.length)] as () => Branch)();
}

async function engineState(engine: Engine, roomId: RoomId): Promise<Map<StateTuple, EventId>> {
  const state = await engine.rooms.currentState(roomId);
  const events = await engine.reader.eventsByNum(roomId, [...state.values()]);
  const byNum = new Map(events.map((event) => [event.num, event.eventId]));
  return new Map([...state].sort(byTuple).map(([tuple, num]) => [tuple, byNum.get(num) as EventId]));
}

/** Every event of the room, by number. */
async function stored(engine: Engine, roomId: RoomId): Promise<StoredEvent[]> {
  const [row] = await engine.sql.rooms([roomId]);
  const nums = Array.from({ length: row?.lastNum ?? 0 }, (_, index) => index + 1);
  return (await engine.sql.eventsByNum(row?.nid ?? 0, nums)).toSorted((x, y) => x.num - y.num);
}

/** Replays the stored graph with nothing but the pure resolver: the state after each event, then of all extremities. */
async function naiveState(engine: Engine, room: ForkedRoom): Promise<Map<StateTuple, EventId>> {
  const events = await stored(engine, room.roomId);
  const rejected = new Map(
    events
      .filter((event) => (event.flags & EVENT_FLAG.rejected) !== 0)
      .map((event) => [event.eventId, (event.flags & EVENT_FLAG.rejectedByState) !== 0 ? ('state' as const) : ('authEvents' as const)]),
  );
  const source = new MemoryEventSource(
    new Map(events.map((event) => [event.eventId, engine.store.roomEvent(event, room.version)])),
    rejected,
  );
  const resolver = STATE_RESOLVERS[room.version.stateResolution];
  const after = new Map<number, Map<StateTuple, EventId>>();
  const merge = (nums: readonly number[]): Map<StateTuple, EventId> => {
    const sets = nums.map((num) => after.get(num) ?? new Map<StateTuple, EventId>());
    return new Map(runResolver(resolver, { version: room.version, stateSets: sets }, source));
  };
  let forward = new Set<number>();
  for (const event of events) {
    const state = event.prev.length === 0 ? new Map<StateTuple, EventId>() : merge(event.prev);
    if (event.stateKey !== undefined && !rejected.has(event.eventId)) state.set(stateTuple(event.type, event.stateKey), event.eventId);
    after.set(event.num, state);
    if ((event.flags & (EVENT_FLAG.rejected | EVENT_FLAG.softFailed)) !== 0) continue;
    forward = new Set([...forward].filter((num) => !event.prev.includes(num)).concat(event.num));
  }
  return new Map([...merge([...forward])].sort(byTuple));
}

function byTuple([a]: [StateTuple, unknown], [b]: [StateTuple, unknown]): number {
  const [left, right] = [splitStateTuple(a), splitStateTuple(b)];
  return left.type < right.type ? -1 : left.type > right.type ? 1 : left.stateKey < right.stateKey ? -1 : 1;
}
