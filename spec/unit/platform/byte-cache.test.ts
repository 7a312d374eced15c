import { expect, test } from 'vitest';
import { ByteCache } from '../../../src/platform/byte-cache.ts';

const cacheOf = (bytesMax = 100) => new ByteCache<string, string>({ name: 'test', bytesMax, sizeOf: (value) => value.length });

test('keeps within its budget of bytes and drops what was not used', () => {
  const cache = cacheOf(10);
  cache.set('a', '12345');
  cache.set('b', '12345');
  cache.get('a');
  cache.set('c', '123');
  expect(cache.get('b')).toBeUndefined();
  expect(cache.get('a')).toBe('12345');
  expect(cache.stats.bytes).toBe(8);
});

test('an entry larger than the whole budget is not kept', () => {
  const cache = cacheOf(10);
  cache.set('a', 'x'.repeat(11));
  expect(cache.get('a')).toBeUndefined();
});

test('one load serves all who ask at the same time', async () => {
  const cache = cacheOf();
  let loads = 0;
  const load = async (key: string): Promise<string> => {
    loads++;
    return `value of ${key}`;
  };
  expect(await Promise.all([cache.fetch('k', load), cache.fetch('k', load)])).toEqual(['value of k', 'value of k']);
  expect(await cache.fetch('k', load)).toBe('value of k');
  expect(loads).toBe(1);
});

test('what was not found or failed is asked for again', async () => {
  const cache = cacheOf();
  expect(await cache.fetch('k', async () => null)).toBeNull();
  await expect(cache.fetch('k', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
  expect(await cache.fetch('k', async () => 'now')).toBe('now');
});

test('a value that was read before a change is not kept after it', async () => {
  const cache = cacheOf();
  const slow = Promise.withResolvers<string>();
  const reading = cache.fetch('k', () => slow.promise);
  cache.delete('k');
  slow.resolve('old');
  expect(await reading).toBe('old');
  expect(cache.get('k')).toBeUndefined();
  expect(await cache.fetch('k', async () => 'new')).toBe('new');
});

test('many keys need one load, together with loads that are under way', async () => {
  const cache = cacheOf();
  cache.set('a', 'A');
  const slow = Promise.withResolvers<string>();
  const single = cache.fetch('b', () => slow.promise);
  const asked: string[][] = [];
  const many = cache.fetchMany(['a', 'b', 'c', 'd', 'c'], async (missing) => {
    asked.push(missing);
    return new Map([['c', 'C']]);
  });
  slow.resolve('B');
  expect(await many).toEqual(
    new Map([
      ['a', 'A'],
      ['b', 'B'],
      ['c', 'C'],
    ]),
  );
  expect(asked).toEqual([['c', 'd']]);
  expect(cache.get('c')).toBe('C');
  await single;
});
