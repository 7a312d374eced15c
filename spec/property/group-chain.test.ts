import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FULL_COPY_HEIGHT, GroupChain } from '../../src/rooms/state/group-chain.ts';
import type { StateGroupRow } from '../../src/storage/rooms/room-rows.ts';

interface Node {
  readonly chain: GroupChain;
  readonly state: ReadonlyMap<number, number>;
}

/** Groups as the store keeps them, beside the states that they stand for. */
class Groups {
  readonly rows = new Map<number, StateGroupRow>();
  readonly nodes: Node[] = [{ chain: GroupChain.empty, state: new Map() }];

  grow(parent: Node, change: ReadonlyMap<number, number>): Node {
    const state = new Map(parent.state);
    for (const [skn, num] of change) {
      if (num === 0) state.delete(skn);
      else state.set(skn, num);
    }
    const sg = this.nodes.length;
    const { chain, row } = parent.chain.child({ roomNid: 1, sg, change, stateSize: state.size, fullState: () => state });
    this.rows.set(sg, row);
    const node = { chain, state };
    this.nodes.push(node);
    return node;
  }

  /** As `groupPath` reads it. */
  read(sg: number): GroupChain {
    const row = this.rows.get(sg);
    if (row === undefined) return GroupChain.empty;
    const path = [...row.path, sg].map((group) => {
      const { path: ancestors, delta, ...rest } = this.rows.get(group) as StateGroupRow;
      return { ...rest, path: [...ancestors], delta: [...delta] };
    });
    return GroupChain.fromRows(path.toSorted((a, b) => a.height - b.height));
  }
}

const steps = fc.array(
  fc.record({
    /** Which group the next one builds on: mostly the newest, sometimes an old one. */
    parent: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 0.99, noNaN: true })),
    change: fc.array(fc.tuple(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 0, max: 1_000 })), { minLength: 1, maxLength: 12 }),
  }),
  { maxLength: 120 },
);

describe('state groups', () => {
  test('give back every state of any tree of changes, from memory and from their rows', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const groups = new Groups();
        for (const { parent, change } of list) {
          const at = parent === 1 ? groups.nodes.length - 1 : Math.floor(parent * groups.nodes.length);
          groups.grow(groups.nodes[at] as Node, new Map(change));
        }
        groups.nodes.forEach((node, sg) => {
          const sorted = (state: ReadonlyMap<number, number>): [number, number][] => [...state].sort(([a], [b]) => a - b);
          expect(sorted(node.chain.flatten())).toEqual(sorted(node.state));
          expect(sorted(groups.read(sg).flatten())).toEqual(sorted(node.state));
        });
      }),
      { numRuns: 60 },
    );
  });

  test('have short paths and small differences in a long line of changes', () => {
    const groups = new Groups();
    let node = groups.nodes[0] as Node;
    const keys = 500;
    const changes = 3 * FULL_COPY_HEIGHT;
    for (let n = 1; n <= changes; n++) node = groups.grow(node, new Map([[1 + ((n * 7919) % keys), n]]));
    const rows = [...groups.rows.values()];
    expect(Math.max(...rows.map((row) => row.path.length))).toBeLessThanOrEqual(Math.log2(FULL_COPY_HEIGHT) + 1);
    const entries = rows.reduce((sum, row) => sum + row.delta.length / 2, 0);
    // Against 500 keys each if every group were a copy.
    expect(entries / changes).toBeLessThan(16);
  });
});
