import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { FolderMediaStore } from '../../src/modules/media/folder-media-store.ts';
import { systemRng } from '../../src/platform/rng.ts';
import { mediaStoreContract } from './media-store-contract.ts';

async function openFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), 'weft-media-'));
  const store = new FolderMediaStore({ objects: path.join(folder, 'objects'), partial: path.join(folder, 'partial'), rng: systemRng });
  return { folder, store, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

mediaStoreContract('folder', openFolder);

test('a failed put leaves no file behind', async () => {
  await using opened = await openFolder();
  await expect(opened.store.put('a/b', Readable.from([Buffer.from('xy')]), { bytes: 3 })).rejects.toThrow();
  const names = await readdir(opened.folder, { recursive: true });
  expect(names.filter((name) => !['partial', 'objects'].includes(name))).toEqual([]);
});

test('a finished file is taken over by its name', async () => {
  await using opened = await openFolder();
  const file = path.join(opened.folder, 'finished');
  await writeFile(file, 'content');
  await opened.store.putFile('a/b', file);
  const found = await opened.store.get('a/b');
  expect(found === null ? null : await text(found.stream)).toBe('content');
  expect(await readdir(opened.folder)).not.toContain('finished');
});
