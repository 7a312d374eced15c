import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authorise } from '../../../src/core/auth/authorise.ts';
import type { EventId } from '../../../src/core/ids/brands.ts';
import type { RoomVersionId } from '../../../src/core/room-versions/room-version.ts';
import { AuthGraph } from '../../../src/core/state-res/auth-graph.ts';
import { MemoryEventSource } from '../../../src/core/state-res/memory-event-source.ts';
import { driveResolver, type ResolverSource, runResolver, STATE_RESOLVERS } from '../../../src/core/state-res/run-resolver.ts';
import { splitConflicts } from '../../../src/core/state-res/split-conflicts.ts';
import { stateTuple } from '../../../src/core/state-res/state-map.ts';
import type { ResolverAnswer, ResolverNeed } from '../../../src/core/state-res/state-resolver.ts';
import { joinRules, member, powerLevels, RoomBuilder, type Sent, type State, topic } from '../../unit/state-res/room-builder.ts';

const USERS = ['@alice:x', '@bob:x', '@carol:x', '@dan:x'];
const user = fc.constantFrom(...USERS);

type Step = { branch: number; ts: number } & ({ do: 'fork' } | { do: 'merge'; with: number } | { do: 'send'; sent: (id: string) => Sent });

const content = fc.oneof(
  fc.tuple(user, user, fc.constantFrom('join', 'leave', 'ban', 'invite')).map(
    ([sender, target, membership]) =>
      (id: string) =>
        member(id, membership === 'join' ? target : sender, target, membership),
  ),
  fc.tuple(user, fc.dictionary(user, fc.constantFrom(0, 10, 50, 100), { maxKeys: 4 })).map(
    ([sender, users]) =>
      (id: string) =>
        powerLevels(id, sender, users),
  ),
  fc.tuple(user, fc.constantFrom('public', 'invite')).map(
    ([sender, rule]) =>
      (id: string) =>
        joinRules(id, sender, rule),
  ),
  user.map((sender) => (id: string) => topic(id, sender)),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fork' as const), branch: fc.nat(9), ts: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('merge' as const), branch: fc.nat(9), with: fc.nat(9), ts: fc.nat(20) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('send' as const), branch: fc.nat(9), ts: fc.nat(20), sent: content }) },
);

/** Lets a room live: branches fork and merge, and users do what the rules allow them in their branch. Times may lie. */
function live(version: RoomVersionId, steps: readonly Step[]): { room: RoomBuilder; branches: State[] } {
  const room = new RoomBuilder(version);
  const branches: State[] = [room.start({ users: { '@alice:x': 100, '@bob:x': 100, '@carol:x': 50 }, others: ['@carol:x'] })];
  steps.forEach((current, index) => {
    const at = current.branch % branches.length;
    const state = branches[at] ?? new Map();
    if (current.do === 'fork') branches.push(state);
    else if (current.do === 'merge') branches[at] = room.resolve(state, branches[current.with % branches.length] ?? state);
    else {
      const sent = { ...current.sent(`e${index}`), ts: current.ts };
      const next = room.send(state, sent);
      const id = `$${sent.id}` as EventId;
      const event = room.events.get(id);
      const lookUp = (type: string, stateKey: string) => room.events.get(state.get(stateTuple(type, stateKey)) ?? id);
      const allowed =
        event !== undefined &&
        authorise(event, (type, key) => (state.has(stateTuple(type, key)) ? lookUp(type, key) : undefined), room.version).allow;
      if (allowed) branches[at] = next;
      else room.events.delete(id);
    }
  });
  return { room, branches };
}

const entries = (state: State): [string, string][] => [...state].sort(([a], [b]) => (a < b ? -1 : 1));
const steps = fc.array(step, { minLength: 5, maxLength: 40 });
const RUNS = { numRuns: 150 };

describe.each<RoomVersionId>(['1', '2', '11', '12'])('version %s', (version) => {
  test('the order and the repetition of states do not matter', () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat(1000)), (list, dice) => {
        const { room, branches } = live(version, list);
        const shuffled = branches.map((state) => ({ state, key: dice.next().value })).sort((a, b) => a.key - b.key);
        const resolved = entries(room.resolve(...branches));
        expect(entries(room.resolve(...shuffled.map(({ state }) => state)))).toEqual(resolved);
        expect(entries(room.resolve(...branches.toReversed(), ...branches))).toEqual(resolved);
      }),
      RUNS,
    );
  });

  test('what all states agree on survives, and equal states resolve to themselves', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { room, branches } = live(version, list);
        const resolved = room.resolve(...branches);
        for (const [key, id] of splitConflicts(branches).unconflicted) expect(resolved.get(key)).toBe(id);
        expect(entries(room.resolve(resolved, resolved))).toEqual(entries(resolved));
        for (const state of branches) expect(room.resolve(state, new Map(state), state)).toEqual(state);
      }),
      RUNS,
    );
  });

  test('every resolved event stands at its own key and is one of the room', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { room, branches } = live(version, list);
        for (const [key, id] of room.resolve(...branches)) {
          const event = room.events.get(id);
          expect(event && stateTuple(event.type, event.stateKey ?? '')).toBe(key);
        }
      }),
      RUNS,
    );
  });

  test('a driver with an auth graph, one that sends more than asked for, and one that takes its time all agree', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { room, branches } = live(version, list);
        const input = { version: room.version, stateSets: branches };
        const resolver = STATE_RESOLVERS[room.version.stateResolution];
        const resolved = entries(room.resolve(...branches));
        expect(entries(runResolver(resolver, input, new GraphSource(room)))).toEqual(resolved);
        const slow = new MemoryEventSource(room.events);
        expect(entries(await driveResolver(resolver, input, async (need) => slow.answer(need)))).toEqual(resolved);
      }),
      RUNS,
    );
  });
});

/** Answers from an AuthGraph, and answers every request for events with the whole room. */
class GraphSource implements ResolverSource {
  readonly #room: RoomBuilder;
  readonly #graph = new AuthGraph();
  readonly #ids: EventId[];

  constructor(room: RoomBuilder) {
    this.#room = room;
    this.#ids = [...room.events.keys()];
    for (const [index, event] of [...room.events.values()].entries())
      this.#graph.append(
        index,
        event.authEvents.map((id) => this.#ids.indexOf(id)),
      );
  }

  answer(need: ResolverNeed): ResolverAnswer {
    switch (need.need) {
      case 'events':
        return { events: new Map([...this.#room.events].map(([id, event]) => [id, { event, rejected: null }])) };
      case 'authDifference':
        return { ids: this.#back(this.#graph.authDifference(need.stateSets.map((set) => this.#nums([...set.values()])))) };
      case 'conflictedSubgraph':
        return { ids: this.#back(this.#graph.conflictedSubgraph(this.#nums(need.conflicted))) };
      case 'authChainWithin':
        return { ids: this.#back(this.#graph.authChainWithin(this.#nums(need.from), this.#nums(need.within))) };
    }
  }

  #nums(ids: readonly EventId[]): number[] {
    return ids.map((id) => this.#ids.indexOf(id));
  }

  #back(nums: readonly number[]): EventId[] {
    return nums.map((num) => this.#ids[num] as EventId);
  }
}
