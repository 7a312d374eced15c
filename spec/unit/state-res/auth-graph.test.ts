import { describe, expect, test } from 'vitest';
import type { RoomEvent } from '../../../src/core/events/room-event.ts';
import type { EventId } from '../../../src/core/ids/brands.ts';
import { AuthGraph } from '../../../src/core/state-res/auth-graph.ts';
import { MemoryEventSource } from '../../../src/core/state-res/memory-event-source.ts';

const SIZE = 4;
const EVENTS = Array.from({ length: SIZE }, (_, index) => index);
const SUBSETS = Array.from({ length: 2 ** SIZE }, (_, bits) => EVENTS.filter((index) => (bits & (1 << index)) !== 0));

const num = (index: number): number => 900 - index * 7;
const id = (index: number): EventId => `$${num(index)}` as EventId;
const sorted = (nums: Iterable<number>): number[] => [...nums].sort((a, b) => a - b);
const numsOf = (ids: Iterable<EventId>): number[] => sorted([...ids].map((text) => Number(text.slice(1))));

/** Every graph of four events, each of which may cite any of those before it: one bit per link. */
const GRAPHS = Array.from({ length: 2 ** ((SIZE * (SIZE - 1)) / 2) }, (_, bits) => {
  let link = 0;
  return EVENTS.map((from) => EVENTS.slice(0, from).filter(() => (bits & (1 << link++)) !== 0));
});

function build(links: readonly (readonly number[])[]): { graph: AuthGraph; naive: MemoryEventSource } {
  const graph = new AuthGraph();
  for (const [index, auth] of links.entries()) graph.append(num(index), auth.map(num));
  const events = new Map(links.map((auth, index) => [id(index), { eventId: id(index), authEvents: auth.map(id) } as unknown as RoomEvent]));
  return { graph, naive: new MemoryEventSource(events) };
}

/** The questions about any of the graphs whose answer is not the expected one; asserting each of the thousands takes seconds. */
function wrongAnswers(
  ask: (asked: ReturnType<typeof build>) => Iterable<{ question: unknown; answer: number[]; expected: number[] }>,
): unknown[] {
  return GRAPHS.flatMap((links) =>
    [...ask(build(links))].filter(({ answer, expected }) => answer.join() !== expected.join()).map((wrong) => ({ links, ...wrong })),
  );
}

describe('in every graph of four events', () => {
  test('an auth difference is what walking the links gives', () => {
    const wrong = wrongAnswers(function* ({ graph, naive }) {
      for (const one of SUBSETS) {
        for (const two of SUBSETS) {
          const answer = sorted(graph.authDifference([one.map(num), two.map(num)]));
          yield { question: [one, two], answer, expected: numsOf(naive.authDifference([one.map(id), two.map(id)])) };
        }
      }
    });
    expect(wrong).toEqual([]);
  });

  test('a conflicted subgraph is what walking the links gives', () => {
    const wrong = wrongAnswers(function* ({ graph, naive }) {
      for (const ends of SUBSETS) {
        const answer = sorted(graph.conflictedSubgraph(ends.map(num)));
        yield { question: ends, answer, expected: numsOf(naive.conflictedSubgraph(ends.map(id))) };
      }
    });
    expect(wrong).toEqual([]);
  });

  test('an auth chain within a selection is what walking the links gives', () => {
    const wrong = wrongAnswers(function* ({ graph, naive }) {
      for (const from of SUBSETS) {
        const chain = naive.authChain(from.map(id));
        for (const within of SUBSETS) {
          const answer = graph.authChainWithin(from.map(num), within.map(num));
          yield { question: [from, within], answer, expected: within.filter((index) => chain.has(id(index))).map(num) };
        }
      }
    });
    expect(wrong).toEqual([]);
  });
});

describe('an auth graph', () => {
  test('tells apart what 31, 32, 62 and 63 sets share', () => {
    // A line of events: 0 ← 1 ← 2 ← 3.
    const { graph } = build([[], [0], [1], [2]]);
    for (const copies of [30, 31, 61, 62]) {
      const tops = Array.from({ length: copies }, () => [num(3)]);
      expect(sorted(graph.authDifference([...tops, [num(1)]]))).toEqual(sorted([num(1), num(2)]));
      expect(graph.authDifference([...tops, [num(3)]])).toEqual([]);
      expect(graph.authDifference([...tops, []]).length).toBe(3);
    }
  });

  test('counts the bytes of all its arrays', () => {
    const graph = new AuthGraph();
    // 16 pairs in the index, and 16 places in each of four arrays.
    expect(graph.bytes).toBe(16 * 8 + 4 * 64);
    for (let index = 0; index < 17; index += 1) graph.append(index, []);
    // The index has doubled twice, what is kept for each event once; there are no links.
    expect(graph.bytes).toBe(64 * 8 + 3 * 128 + 64);
  });
});

test('a walk over links in a circle ends', () => {
  const links = [[1], [0], [1]];
  const events = new Map(links.map((auth, index) => [id(index), { eventId: id(index), authEvents: auth.map(id) } as unknown as RoomEvent]));
  expect(new MemoryEventSource(events).authChain([id(2)])).toEqual(new Set([id(0), id(1)]));
});
