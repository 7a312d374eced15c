import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { Rng } from '../../platform/rng.ts';
import type { MediaStoreSlot } from '../../plugin-api/slots.ts';

/** Keys are made by this server; anything else is a bug that must not become a path. */
const KEY = /^[a-z0-9_-]+(?:\/[a-z0-9_-]+)*$/;

/**
 * Objects as files of a folder. A file gets its name only when all of it is on disk, so whatever has a name is whole, also after a crash.
 */
export class FolderMediaStore implements MediaStoreSlot {
  readonly #objects: string;
  readonly #partial: string;
  readonly #rng: Rng;

  /** `partial`: a folder of the same file system for files that are being written; its owner empties it at the start. */
  constructor(options: { objects: string; partial: string; rng: Rng }) {
    this.#objects = options.objects;
    this.#partial = options.partial;
    this.#rng = options.rng;
  }

  async put(key: string, data: Readable, options: { bytes?: number }): Promise<{ bytes: number }> {
    const target = this.#pathOf(key);
    await mkdir(this.#partial, { recursive: true });
    const file = path.join(this.#partial, this.#rng.token(24));
    try {
      const bytes = await writeAll(file, data);
      if (options.bytes !== undefined && bytes !== options.bytes) {
        throw new Error(`object ${key} was announced with ${options.bytes} bytes and had ${bytes}`);
      }
      await moveDurably(file, target);
      return { bytes };
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  }

  async putFile(key: string, file: string): Promise<void> {
    await moveDurably(file, this.#pathOf(key));
  }

  async get(key: string, range?: { start: number; end: number }): Promise<{ stream: Readable; bytes: number } | null> {
    const handle = await openIfThere(this.#pathOf(key));
    if (handle === null) return null;
    try {
      const { size } = await handle.stat();
      const start = range?.start ?? 0;
      const end = Math.min(range?.end ?? size - 1, size - 1);
      if (size === 0 || start > end) {
        const stream = handle.createReadStream({ start: size });
        return { stream, bytes: 0 };
      }
      return { stream: handle.createReadStream({ start, end }), bytes: end - start + 1 };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  #pathOf(key: string): string {
    if (!KEY.test(key)) throw new Error(`not a key of the media store: ${key}`);
    return path.join(this.#objects, key);
  }
}

async function writeAll(file: string, data: Readable): Promise<number> {
  await using handle = await open(file, 'wx', 0o600);
  let bytes = 0;
  for await (const chunk of data) {
    const buffer = chunk as Buffer;
    await handle.writeFile(buffer);
    bytes += buffer.length;
  }
  await handle.sync();
  return bytes;
}

/** The content of `file` is on disk already; afterwards its new name is too. */
async function moveDurably(file: string, target: string): Promise<void> {
  const folder = path.dirname(target);
  const made = await mkdir(folder, { recursive: true });
  await rename(file, target);
  await syncFolder(folder);
  if (made === undefined) return;
  // New folders are names in their parents.
  for (let parent = path.dirname(folder); parent.length >= path.dirname(made).length; parent = path.dirname(parent))
    await syncFolder(parent);
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

async function openIfThere(file: string) {
  try {
    return await open(file, 'r');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
}
