import { describe, expect, test } from 'vitest';
import { GrowingInts } from '../../../src/core/state-res/growing-ints.ts';
import { IntIndex } from '../../../src/core/state-res/int-index.ts';
import { MinHeap } from '../../../src/core/state-res/min-heap.ts';

describe('integers that grow', () => {
  test('keep their values and double their room only when it is full', () => {
    const ints = new GrowingInts([7]);
    const [small, full] = [ints.bytes, ints.bytes / 4];
    expect([ints.length, ints.at(0)]).toEqual([1, 7]);
    while (ints.length < full) ints.push(ints.length * 3);
    expect(ints.bytes).toBe(small);
    ints.push(-5);
    expect(ints.bytes).toBe(small * 2);
    expect(ints.length).toBe(full + 1);
    expect(Array.from({ length: full + 1 }, (_, index) => ints.at(index))).toEqual([
      7,
      ...Array.from({ length: full - 1 }, (_, index) => (index + 1) * 3),
      -5,
    ]);
  });

  test('are none in the beginning', () => {
    expect(new GrowingInts().length).toBe(0);
    expect(new GrowingInts().bytes).toBe(64);
  });
});

describe('an index of integers', () => {
  test('gives back the last value of a key, and nothing for a key that it never got', () => {
    const index = new IntIndex();
    const keys = [0, 1, -1, 7919, 2 ** 31 - 1, -(2 ** 31)];
    expect(keys.map((key) => index.get(key))).toEqual(keys.map(() => undefined));
    for (const [value, key] of keys.entries()) index.set(key, value);
    expect(keys.map((key) => index.get(key))).toEqual([0, 1, 2, 3, 4, 5]);
    index.set(7919, 90);
    expect(keys.map((key) => index.get(key))).toEqual([0, 1, 2, 90, 4, 5]);
    expect(index.get(2)).toBe(undefined);
  });

  test('keeps keys apart that fall on the same place', () => {
    const index = new IntIndex();
    // Sixteen places at first, so that seven of any keys collide often.
    for (let first = 0; first < 400; first += 7) {
      const small = new IntIndex();
      for (let key = first; key < first + 7; key += 1) small.set(key * key, key);
      for (let key = first; key < first + 7; key += 1) expect(small.get(key * key)).toBe(key);
      for (let key = first + 1; key < first + 7; key += 1) expect(small.get(key * key + 1)).toBe(undefined);
    }
    for (let key = 0; key < 3_000; key += 1) index.set(key * 7919, key);
    for (let key = 0; key < 3_000; key += 1) expect(index.get(key * 7919)).toBe(key);
    expect(index.get(1)).toBe(undefined);
  });

  test('doubles when it is half full, not when values are replaced', () => {
    const index = new IntIndex();
    expect(index.bytes).toBe(128);
    for (let key = 0; key < 7; key += 1) index.set(key, key);
    for (let round = 0; round < 20; round += 1) index.set(3, round);
    expect(index.bytes).toBe(128);
    index.set(7, 7);
    expect(index.bytes).toBe(256);
    for (let key = 8; key < 15; key += 1) index.set(key, key);
    expect(index.bytes).toBe(256);
    index.set(15, 15);
    expect(index.bytes).toBe(512);
    expect(index.get(3)).toBe(19);
  });
});

describe('a heap', () => {
  const drain = (heap: MinHeap<number>): number[] => {
    const out: number[] = [];
    for (let value = heap.pop(); value !== undefined; value = heap.pop()) out.push(value);
    return out;
  };

  test('gives back what it got in every order, the smallest first', () => {
    for (const values of permutations([1, 2, 3, 3, 5, 6])) {
      const heap = new MinHeap<number>((a, b) => a - b);
      for (const value of values) heap.push(value);
      expect(drain(heap)).toEqual([1, 2, 3, 3, 5, 6]);
      expect(heap.pop()).toBe(undefined);
    }
  });

  test('takes and gives in turns', () => {
    const heap = new MinHeap<number>((a, b) => a - b);
    for (const value of [4, 9, 2]) heap.push(value);
    expect(heap.pop()).toBe(2);
    heap.push(1);
    heap.push(7);
    expect(drain(heap)).toEqual([1, 4, 7, 9]);
  });

  test('compares about twice for each level', () => {
    let comparisons = 0;
    const heap = new MinHeap<number>((a, b) => {
      comparisons += 1;
      return a - b;
    });
    for (let value = 1024; value > 0; value -= 1) heap.push(value);
    expect(drain(heap)).toHaveLength(1024);
    expect(comparisons).toBeLessThanOrEqual(1024 * 10 * 3);
  });
});

function permutations(values: readonly number[]): number[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((first, at) => permutations(values.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}
