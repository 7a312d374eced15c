import { expect, test } from 'vitest';
import type { RoomId, UserId } from '../../src/core/ids/brands.ts';
import { stateTuple } from '../../src/core/state-res/state-map.ts';
import { SeededRng } from '../../src/platform/seeded-rng.ts';
import type { StoredEvent } from '../../src/plugin-api/stored-event.ts';
import { EventStore } from '../../src/rooms/events/event-store.ts';
import { RoomReadModel } from '../../src/rooms/read/read-model.ts';
import { valuesAlong } from '../../src/rooms/read/values-along.ts';
import { testDatabase } from '../support/database.ts';
import { type Engine, openEngine } from '../support/engine.ts';

const USERS = ['@alice:weft.test', '@bob:weft.test', '@carol:weft.test'] as UserId[];
const [ALICE] = USERS as [UserId];
/** More than a room keeps at hand, so that warm and cold answers both occur. */
const STEPS = 320;

test.each([1, 2])('a room that was watched from its first event answers like one that was just read (seed %i)', async (seed) => {
  await using database = await testDatabase();
  await using engine = await openEngine(database);
  const rng = new SeededRng(seed);
  const roomId = await someRoom(engine);
  const redactable: StoredEvent['eventId'][] = [];
  for (let step = 0; step < STEPS; step++) await act(engine, { roomId, rng, redactable });

  const cold = new RoomReadModel({ sql: engine.sql, events: new EventStore(engine.sql), users: engine.users, commits: engine.commits });
  const warmView = await engine.reader.view(roomId);
  const coldView = await cold.view(roomId);
  if (warmView === null || coldView === null) throw new Error('the room is not there');
  const end = engine.commits.position;
  const { events: all } = await coldView.timeline({ after: -1, to: end, limit: 10_000 });
  expect(all.map((event) => event.seq)).toEqual(all.map((_, index) => index + 1));

  // Pieces of the timeline, cut anywhere.
  for (let i = 0; i < 60; i++) {
    const [low, high] = [rng.int(end + 5), rng.int(end + 5)].toSorted((a, b) => a - b) as [number, number];
    const limit = 1 + rng.int(30);
    const inside = all.filter((event) => event.pos > low && event.pos <= high);
    const piece = await warmView.timeline({ after: low, to: high, limit });
    expect(piece.events).toEqual(inside.slice(-limit));
    expect(piece.limited).toBe(inside.length > limit);
    const last = all.findLast((event) => event.pos <= high);
    expect(await warmView.stateGroupAt(high)).toBe(last === undefined ? 0 : (last.headSg ?? last.sg));
  }

  // Old states, whole, by key and as differences.
  const groups = [...new Set(all.map((event) => event.sg ?? 0))];
  const naive = naiveStates(all);
  for (const sg of groups) {
    expect(new Map(await warmView.stateAt(sg))).toEqual(naive.get(sg));
    expect(new Map(await coldView.stateAt(sg))).toEqual(naive.get(sg));
  }
  for (let i = 0; i < 40; i++) {
    const from = groups[rng.int(groups.length)] as number;
    const to = groups[rng.int(groups.length)] as number;
    const state = new Map(naive.get(from));
    for (const [tuple, num] of await warmView.stateDelta(from, to)) {
      if (num === null) state.delete(tuple);
      else state.set(tuple, num);
    }
    expect(state).toEqual(naive.get(to));
  }
  const topic = stateTuple('m.room.topic', '');
  const run = all.slice(rng.int(100), 150 + rng.int(100));
  const shuffled = run.filter(() => rng.int(4) > 0).toSorted(() => rng.int(3) - 1);
  const along = await valuesAlong(coldView, shuffled, topic);
  expect(along.map((value) => value?.after)).toEqual(shuffled.map((event) => naive.get(event.sg ?? 0)?.get(topic)));

  // Members and people's lists of rooms.
  expect(await warmView.counts()).toEqual(await coldView.counts());
  expect([...(await warmView.joinedMembers())].toSorted()).toEqual([...(await coldView.joinedMembers())].toSorted());
  for (const userId of USERS) {
    expect(await warmView.heroes(userId)).toEqual(await coldView.heroes(userId));
    expect(await engine.reader.roomsOf(userId)).toEqual(await cold.roomsOf(userId));
    expect(await engine.reader.filterVisible(userId, roomId, all)).toEqual(await cold.filterVisible(userId, roomId, all));
  }
});

async function someRoom(engine: Engine): Promise<RoomId> {
  const { roomId } = await engine.rooms.create(
    {
      creator: ALICE,
      version: '11',
      preset: 'public_chat',
      creationContent: {},
      initialState: [],
      powerLevelOverride: null,
      name: null,
      topic: null,
      invite: [],
      isDirect: false,
      alias: null,
    },
    { publish: false },
  );
  // Watched from the beginning.
  await engine.reader.view(roomId);
  return roomId;
}

async function act(engine: Engine, options: { roomId: RoomId; rng: SeededRng; redactable: StoredEvent['eventId'][] }): Promise<void> {
  const { roomId, rng, redactable } = options;
  const user = USERS[rng.int(USERS.length)] as UserId;
  const joined = (await engine.rooms.membership(roomId, user)) === 'join';
  const kind = rng.int(10);
  if (!joined) {
    await engine.rooms.setMembership({ roomId, sender: user, target: user, membership: 'join' });
  } else if (kind === 0 && user !== ALICE) {
    await engine.rooms.setMembership({ roomId, sender: user, target: user, membership: 'leave' });
  } else if (kind === 1) {
    await engine.rooms.send({ roomId, sender: ALICE, type: 'm.room.topic', stateKey: '', content: { topic: rng.token(5) } });
  } else if (kind === 2) {
    const visibility = ['shared', 'joined', 'invited', 'world_readable'][rng.int(4)] as string;
    await engine.rooms.send({
      roomId,
      sender: ALICE,
      type: 'm.room.history_visibility',
      stateKey: '',
      content: { history_visibility: visibility },
    });
  } else if (kind === 3 && redactable.length > 0) {
    const redacts = redactable.splice(rng.int(redactable.length), 1)[0] as StoredEvent['eventId'];
    await engine.rooms.send({ roomId, sender: ALICE, type: 'm.room.redaction', content: {}, redacts });
  } else {
    const { eventId } = await engine.rooms.send({ roomId, sender: user, type: 'm.room.message', content: { body: rng.token(6) } });
    redactable.push(eventId);
  }
}

/** The state after each group, by replaying a history without forks. */
function naiveStates(events: readonly StoredEvent[]): Map<number, Map<string, number>> {
  const states = new Map<number, Map<string, number>>();
  let state = new Map<string, number>();
  for (const event of events) {
    if (event.stateKey !== undefined) state = new Map(state).set(stateTuple(event.type, event.stateKey), event.num);
    states.set(event.sg ?? 0, state);
  }
  return states;
}
