import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventId } from '../../../src/core/ids/brands.ts';
import { AuthGraph } from '../../../src/core/state-res/auth-graph.ts';
import { MemoryEventSource } from '../../../src/core/state-res/memory-event-source.ts';
import type { RoomEvent } from '../../../src/core/events/room-event.ts';

/** For each event the indices of its auth events, all smaller than its own. */
const graphs = fc
  .integer({ min: 1, max: 40 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, index) =>
        fc.uniqueArray(fc.nat({ max: Math.max(0, index - 1) }), { maxLength: Math.min(index, 4) }),
      ),
    ),
  );

/** Numbers that are neither dense nor in order. */
const num = (index: number): number => ((index + 1) * 7919) % 104729;
const id = (index: number): EventId => `$${num(index)}` as EventId;

function build(links: readonly (readonly number[])[]): { graph: AuthGraph; naive: MemoryEventSource } {
  const graph = new AuthGraph();
  links.forEach((auth, index) => {
    graph.append(num(index), auth.map(num));
  });
  const events = new Map(links.map((auth, index) => [id(index), { eventId: id(index), authEvents: auth.map(id) } as unknown as RoomEvent]));
  return { graph, naive: new MemoryEventSource(events) };
}

const sorted = (nums: Iterable<number>): number[] => [...nums].sort((a, b) => a - b);
const numsOf = (ids: Iterable<EventId>): number[] => sorted([...ids].map((text) => Number(text.slice(1))));

const graphAndSets = (maxSets: number) =>
  graphs.chain((links) =>
    fc.tuple(fc.constant(links), fc.array(fc.uniqueArray(fc.nat({ max: links.length - 1 }), { maxLength: 6 }), { maxLength: maxSets })),
  );

describe('AuthGraph agrees with walking the links one by one', () => {
  test('auth difference', () => {
    fc.assert(
      fc.property(graphAndSets(5), ([links, sets]) => {
        const { graph, naive } = build(links);
        expect(sorted(graph.authDifference(sets.map((set) => set.map(num))))).toEqual(
          numsOf(naive.authDifference(sets.map((set) => set.map(id)))),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('auth difference of more sets than fit into one sweep', () => {
    fc.assert(
      fc.property(graphAndSets(1), fc.integer({ min: 31, max: 64 }), ([links, [extra = []]], copies) => {
        const { graph, naive } = build(links);
        const last = links.length - 1;
        const sets = [...Array.from({ length: copies }, () => [last]), extra];
        expect(sorted(graph.authDifference(sets.map((set) => set.map(num))))).toEqual(
          numsOf(naive.authDifference(sets.map((set) => set.map(id)))),
        );
      }),
    );
  });

  test('conflicted subgraph', () => {
    fc.assert(
      fc.property(graphAndSets(1), ([links, [ends = []]]) => {
        const { graph, naive } = build(links);
        expect(sorted(graph.conflictedSubgraph(ends.map(num)))).toEqual(numsOf(naive.conflictedSubgraph(ends.map(id))));
      }),
      { numRuns: 500 },
    );
  });

  test('auth chain within a selection', () => {
    fc.assert(
      fc.property(graphAndSets(2), ([links, [from = [], within = []]]) => {
        const { graph, naive } = build(links);
        const chain = naive.authChain(from.map(id));
        const expected = within.filter((index) => chain.has(id(index))).map(num);
        expect(graph.authChainWithin(from.map(num), within.map(num))).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('generation is the length of the longest path', () => {
    fc.assert(
      fc.property(graphs, (links) => {
        const { graph } = build(links);
        const generations: number[] = [];
        for (const auth of links) generations.push(1 + Math.max(0, ...auth.map((index) => generations[index] ?? 0)));
        expect(links.map((_, index) => graph.generation(num(index)))).toEqual(generations);
      }),
    );
  });
});

describe('AuthGraph', () => {
  test('keeps what is there when an event is added again', () => {
    const { graph } = build([[], [0]]);
    graph.append(num(1), []);
    expect(graph.generation(num(1))).toBe(2);
    expect(graph.size).toBe(2);
  });

  test('knows what it has, and refuses numbers that it does not know', () => {
    const graph = new AuthGraph();
    expect(graph.has(5)).toBe(false);
    expect(() => graph.append(5, [4])).toThrow('4');
    expect(() => graph.authDifference([[5]])).toThrow('5');
    graph.append(5, []);
    expect(graph.has(5)).toBe(true);
  });

  test('counts its bytes as it grows to many events', () => {
    const graph = new AuthGraph();
    const before = graph.bytes;
    const size = 20_000;
    for (let index = 0; index < size; index += 1) graph.append(index * 3, index === 0 ? [] : [(index - 1) * 3, 0]);
    expect(graph.bytes).toBeGreaterThan(before + size * 16);
    expect(graph.bytes).toBeLessThan(size * 80);
    expect(graph.generation((size - 1) * 3)).toBe(size);
    expect(graph.authDifference([[(size - 1) * 3], [(size - 3) * 3]])).toEqual([(size - 2) * 3, (size - 3) * 3]);
  });
});
