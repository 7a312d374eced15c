import type { GroupRow } from '../../storage/rooms/room-reader-sql.ts';
import type { StateGroupRow } from '../../storage/rooms/room-rows.ts';

/** A full copy of the state is written at this height, so that no path grows beyond 12 groups. */
export const FULL_COPY_HEIGHT = 2_048;
/** Below this many changed keys a difference is always cheaper than a full copy. */
const DELTA_KEYS_MIN = 32;

interface Segment {
  readonly sg: number;
  readonly height: number;
  /** State-key number → event number; 0 when the key is gone. */
  readonly delta: ReadonlyMap<number, number>;
}

/**
 * The path of one state group, and the way to its children. A group at height h stores its difference against the ancestor at height
 * `h AND (h−1)`: the heights on a path are those of a binary counter, so a child merges the segments that the counter carries over.
 * A state is the union of the differences on its path, later ones winning.
 */
export class GroupChain {
  readonly #segments: readonly Segment[];

  private constructor(segments: readonly Segment[]) {
    this.#segments = segments;
  }

  /** The empty state of a room that has no event yet: group 0, which has no row. */
  static readonly empty = new GroupChain([{ sg: 0, height: 0, delta: new Map() }]);

  /** From the rows of `groupPath`, oldest first. */
  static fromRows(rows: readonly GroupRow[]): GroupChain {
    const segments = rows.map((row) => ({ sg: row.sg, height: row.height, delta: deltaMap(row.delta) }));
    // Groups below the first full copy hang on group 0.
    return new GroupChain(rows[0]?.isFull === true ? segments : [...GroupChain.empty.#segments, ...segments]);
  }

  get sg(): number {
    return this.#top.sg;
  }

  /** The whole state of this group. */
  flatten(): Map<number, number> {
    const state = new Map<number, number>();
    for (const { delta } of this.#segments) {
      for (const [skn, num] of delta) {
        if (num === 0) state.delete(skn);
        else state.set(skn, num);
      }
    }
    return state;
  }

  /**
   * A group that differs from this one by `change`.
   * `stateSize`: keys of the new state, which decides whether a full copy is cheaper; `fullState` gives it then.
   */
  child(options: {
    roomNid: number;
    sg: number;
    change: ReadonlyMap<number, number>;
    stateSize: number;
    fullState: () => ReadonlyMap<number, number>;
  }): { chain: GroupChain; row: StateGroupRow } {
    const { roomNid, sg, change, stateSize, fullState } = options;
    const height = this.#top.height + 1;
    const ancestor = height & (height - 1);
    const kept = this.#segments.filter((segment) => segment.height <= ancestor);
    const delta = new Map<number, number>();
    for (const segment of this.#segments.slice(kept.length)) for (const [skn, num] of segment.delta) delta.set(skn, num);
    for (const [skn, num] of change) delta.set(skn, num);

    if (height >= FULL_COPY_HEIGHT || (delta.size > DELTA_KEYS_MIN && delta.size * 4 > stateSize)) {
      const full = new Map(fullState());
      const chain = new GroupChain([{ sg, height: 0, delta: full }]);
      return { chain, row: { roomNid, sg, height: 0, path: [], isFull: true, delta: flat(full) } };
    }
    const path = kept.map((segment) => segment.sg).filter((group) => group !== 0);
    const chain = new GroupChain([...kept, { sg, height, delta }]);
    return { chain, row: { roomNid, sg, height, path, isFull: false, delta: flat(delta) } };
  }

  get #top(): Segment {
    const top = this.#segments.at(-1);
    if (top === undefined) throw new Error('a group chain is never empty');
    return top;
  }
}

function deltaMap(delta: readonly number[]): Map<number, number> {
  const map = new Map<number, number>();
  for (let i = 0; i + 1 < delta.length; i += 2) map.set(delta[i] as number, delta[i + 1] as number);
  return map;
}

function flat(delta: ReadonlyMap<number, number>): number[] {
  return [...delta].flat();
}
