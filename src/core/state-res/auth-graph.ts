import { GrowingInts } from './growing-ints.ts';
import { IntIndex } from './int-index.ts';

/** State sets whose bits fit into one sweep. */
const SETS_PER_SWEEP = 31;

/**
 * The auth events of one room as a graph in typed arrays. Events are known by the numbers that the room gives them; inside they are nodes
 * 0, 1, 2, … in the order of arrival, so that every link goes to a smaller node and one walk downwards sees each node once.
 * About 28 bytes per event and 4 per link.
 */
export class AuthGraph {
  readonly #nodeOf = new IntIndex();
  /** Node → event number. */
  readonly #nums = new GrowingInts();
  /** Node → 1 + the greatest generation among its auth events; 1 without any. A node reaches only smaller generations. */
  readonly #generations = new GrowingInts();
  /** Node → where its links begin in `#edges`; one more entry at the end. */
  readonly #offsets = new GrowingInts([0]);
  readonly #edges = new GrowingInts();

  /** Events in the graph. */
  get size(): number {
    return this.#nums.length;
  }

  /** Memory held by the arrays. */
  get bytes(): number {
    return this.#nodeOf.bytes + this.#nums.bytes + this.#generations.bytes + this.#offsets.bytes + this.#edges.bytes;
  }

  has(num: number): boolean {
    return this.#nodeOf.get(num) !== undefined;
  }

  /** Length of the longest path of auth events that ends here, itself included. */
  generation(num: number): number {
    return this.#generations.at(this.#node(num));
  }

  /**
   * Adds an event whose auth events are there already (for one that is unknown, add it without auth events first). An event that is there is
   * left as it is.
   */
  append(num: number, authNums: Iterable<number>): void {
    if (this.has(num)) return;
    const links = new Set<number>();
    let generation = 0;
    for (const authNum of authNums) {
      const node = this.#node(authNum);
      links.add(node);
      generation = Math.max(generation, this.#generations.at(node));
    }
    for (const link of links) this.#edges.push(link);
    this.#offsets.push(this.#edges.length);
    this.#generations.push(generation + 1);
    this.#nodeOf.set(num, this.#nums.length);
    this.#nums.push(num);
  }

  /** Events that are in the auth chains of some but not of all of the sets. https://spec.matrix.org/v1.19/rooms/v2/#definitions */
  authDifference(sets: readonly (readonly number[])[]): number[] {
    const nodeSets = sets.map((set) => set.map((num) => this.#node(num)));
    const found = nodeSets.length <= SETS_PER_SWEEP ? this.#differenceInOneSweep(nodeSets) : this.#differenceInSweeps(nodeSets);
    return found.map((node) => this.#nums.at(node));
  }

  /** Events on paths of auth events between two of the given ones, those included. https://spec.matrix.org/v1.19/rooms/v12/#definitions */
  conflictedSubgraph(conflictedNums: readonly number[]): number[] {
    const ends = new Set(conflictedNums.map((num) => this.#node(num)));
    let [lowest, highest, oldest] = [this.size, -1, Number.POSITIVE_INFINITY];
    for (const node of ends) {
      lowest = Math.min(lowest, node);
      highest = Math.max(highest, node);
      oldest = Math.min(oldest, this.#generations.at(node));
    }
    if (highest < 0) return [];
    const above = this.#markReachable(ends, { lowest, highest, oldest });
    // Upwards: a node leads to a conflicted event if one of its links is such an event or leads to one.
    const leads = new Uint8Array(highest - lowest + 1);
    const found: number[] = [];
    for (let node = lowest; node <= highest; node += 1) {
      const isEnd = ends.has(node);
      if (!isEnd && above[node - lowest] !== 1) continue;
      if (!isEnd && !this.#hasLinkTo(node, (link) => link >= lowest && leads[link - lowest] === 1)) continue;
      leads[node - lowest] = 1;
      found.push(this.#nums.at(node));
    }
    return found;
  }

  /** Those of `within` that are in the auth chain of one of `from`. */
  authChainWithin(from: readonly number[], within: readonly number[]): number[] {
    const starts = new Set(from.map((num) => this.#node(num)));
    const wanted = within.map((num) => ({ num, node: this.#node(num) }));
    let [lowest, highest, oldest] = [this.size, -1, Number.POSITIVE_INFINITY];
    for (const { node } of wanted) {
      lowest = Math.min(lowest, node);
      oldest = Math.min(oldest, this.#generations.at(node));
    }
    for (const node of starts) highest = Math.max(highest, node);
    if (highest < lowest) return [];
    const reached = this.#markReachable(starts, { lowest, highest, oldest });
    return wanted.filter(({ node }) => node <= highest && reached[node - lowest] === 1).map(({ num }) => num);
  }

  /** Marks what the starts reach (themselves only if reached), not looking below the lowest node and the oldest generation. */
  #markReachable(starts: ReadonlySet<number>, range: { lowest: number; highest: number; oldest: number }): Uint8Array {
    const { lowest, highest, oldest } = range;
    const reached = new Uint8Array(highest - lowest + 1);
    for (let node = highest; node >= lowest; node -= 1) {
      if (reached[node - lowest] !== 1 && !starts.has(node)) continue;
      if (this.#generations.at(node) <= oldest) continue;
      for (let edge = this.#offsets.at(node); edge < this.#offsets.at(node + 1); edge += 1) {
        const link = this.#edges.at(edge);
        if (link >= lowest) reached[link - lowest] = 1;
      }
    }
    return reached;
  }

  /**
   * One walk downwards with a bit per set. It ends as soon as no node still to be visited, nor any below it, can be in the difference.
   */
  #differenceInOneSweep(sets: readonly (readonly number[])[]): number[] {
    const full = 2 ** sets.length - 1;
    const sweep = this.#startSweep(sets);
    const found: number[] = [];
    let open = sweep.start.reduce((count, bits) => (isOpen(0, bits, full) ? count + 1 : count), 0);
    for (let node = sweep.highest; node >= 0 && open > 0; node -= 1) {
      const chain = sweep.chain[node] ?? 0;
      const bits = chain | (sweep.start[node] ?? 0);
      if (bits === 0) continue;
      if (chain !== 0 && chain !== full) found.push(node);
      if (isOpen(chain, bits, full)) open -= 1;
      for (let edge = this.#offsets.at(node); edge < this.#offsets.at(node + 1); edge += 1) {
        const link = this.#edges.at(edge);
        const linkChain = sweep.chain[link] ?? 0;
        const linkStart = sweep.start[link] ?? 0;
        if (isOpen(linkChain, linkChain | linkStart, full)) open -= 1;
        if (isOpen(linkChain | bits, linkChain | bits | linkStart, full)) open += 1;
        sweep.chain[link] = linkChain | bits;
      }
    }
    return found;
  }

  /** More sets than bits: complete walks for 31 sets at a time, whose results are put together. */
  #differenceInSweeps(sets: readonly (readonly number[])[]): number[] {
    const inSome = new Uint8Array(this.size);
    const notInAll = new Uint8Array(this.size);
    for (let first = 0; first < sets.length; first += SETS_PER_SWEEP) {
      const part = sets.slice(first, first + SETS_PER_SWEEP);
      const full = 2 ** part.length - 1;
      const { chain, start } = this.#startSweep(part);
      for (let node = this.size - 1; node >= 0; node -= 1) {
        const bits = (chain[node] ?? 0) | (start[node] ?? 0);
        if (chain[node] !== 0) inSome[node] = 1;
        if (chain[node] !== full) notInAll[node] = 1;
        if (bits === 0) continue;
        for (let edge = this.#offsets.at(node); edge < this.#offsets.at(node + 1); edge += 1) {
          const link = this.#edges.at(edge);
          chain[link] = (chain[link] ?? 0) | bits;
        }
      }
    }
    const found: number[] = [];
    for (let node = 0; node < this.size; node += 1) if (inSome[node] === 1 && notInAll[node] === 1) found.push(node);
    return found;
  }

  #startSweep(sets: readonly (readonly number[])[]): Sweep {
    const start = new Int32Array(this.size);
    let highest = -1;
    sets.forEach((set, index) => {
      for (const node of set) {
        start[node] = (start[node] ?? 0) | (1 << index);
        highest = Math.max(highest, node);
      }
    });
    return {
      start,
      chain: new Int32Array(this.size),
      highest,
    };
  }

  #hasLinkTo(node: number, test: (link: number) => boolean): boolean {
    for (let edge = this.#offsets.at(node); edge < this.#offsets.at(node + 1); edge += 1) {
      if (test(this.#edges.at(edge))) return true;
    }
    return false;
  }

  #node(num: number): number {
    const node = this.#nodeOf.get(num);
    if (node === undefined) throw new Error(`Event ${num} is not in the auth graph`);
    return node;
  }
}

interface Sweep {
  /** Node → sets that it stands in. */
  readonly start: Int32Array;
  /** Node → sets whose auth chains it is in. */
  readonly chain: Int32Array;
  readonly highest: number;
}

/**
 * Whether a node can still bring something into the difference: it does not pass the bits of all sets on, or is itself in the auth chains of
 * some sets only. `bits`: the sets that it stands in or whose auth chains it is in.
 */
function isOpen(chain: number, bits: number, full: number): boolean {
  return bits !== 0 && (bits !== full || (chain !== 0 && chain !== full));
}
