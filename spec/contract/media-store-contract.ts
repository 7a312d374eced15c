import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { MediaStoreSlot } from '../../src/plugin-api/slots.ts';

const KEY = 'content/ab/cd/abcdef';
const streamOf = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

/** What every provider of the slot `mediaStore` must do. `open` gives an empty store. */
export function mediaStoreContract(name: string, open: () => Promise<{ store: MediaStoreSlot } & AsyncDisposable>): void {
  const read = async (store: MediaStoreSlot, key: string, range?: { start: number; end: number }): Promise<string | null> => {
    const found = await store.get(key, range);
    if (found === null) return null;
    const content = await buffer(found.stream);
    expect(found.bytes).toBe(content.length);
    return content.toString();
  };

  describe(`media store: ${name}`, () => {
    test('gives back what was put', async () => {
      await using opened = await open();
      const { store } = opened;
      expect(await store.put(KEY, streamOf('hello ', 'world'), {})).toEqual({ bytes: 11 });
      expect(await read(store, KEY)).toBe('hello world');
    });

    test('knows nothing of what was not put', async () => {
      await using opened = await open();
      expect(await opened.store.get(KEY)).toBeNull();
    });

    test('gives ranges, both ends included, cut at the end of the object', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.put(KEY, streamOf('0123456789'), { bytes: 10 });
      expect(await read(store, KEY, { start: 0, end: 0 })).toBe('0');
      expect(await read(store, KEY, { start: 3, end: 5 })).toBe('345');
      expect(await read(store, KEY, { start: 8, end: 99 })).toBe('89');
    });

    test('holds empty objects', async () => {
      await using opened = await open();
      await opened.store.put(KEY, streamOf(), { bytes: 0 });
      expect(await read(opened.store, KEY)).toBe('');
    });

    test('replaces an object, and whoever was reading it reads on', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.put(KEY, streamOf('old'), {});
      const reading = await store.get(KEY);
      await store.put(KEY, streamOf('new'), {});
      expect(reading === null ? null : (await buffer(reading.stream)).toString()).toBe('old');
      expect(await read(store, KEY)).toBe('new');
    });

    test('keeps nothing of a stream that breaks off', async () => {
      await using opened = await open();
      const { store } = opened;
      const broken = Readable.from(
        (async function* () {
          yield Buffer.from('half');
          throw new Error('connection lost');
        })(),
      );
      await expect(store.put(KEY, broken, {})).rejects.toThrow('connection lost');
      expect(await store.get(KEY)).toBeNull();
    });

    test('keeps nothing when the length is another than was announced', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.put(KEY, streamOf('old'), {});
      await expect(store.put(KEY, streamOf('shorter'), { bytes: 8 })).rejects.toThrow();
      expect(await read(store, KEY)).toBe('old');
    });

    test('deletes, also what is not there', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.put(KEY, streamOf('x'), {});
      await store.delete(KEY);
      await store.delete(KEY);
      expect(await store.get(KEY)).toBeNull();
    });

    test.each(['../outside', 'a/../../b', '/etc/passwd', 'a//b', '', 'a/', 'A/b', 'a\0b'])('refuses the key %j', async (key) => {
      await using opened = await open();
      await expect(opened.store.put(key, streamOf('x'), {})).rejects.toThrow('not a key');
      await expect(opened.store.get(key)).rejects.toThrow('not a key');
      await expect(opened.store.delete(key)).rejects.toThrow('not a key');
    });
  });
}
