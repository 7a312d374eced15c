import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Rng } from '../platform/rng.ts';

const NAME_LENGTH = 16;

/**
 * A name that this node keeps across restarts, so that it may take back at once what it held when it was killed. It lives in
 * the data folder: two nodes must not share one.
 */
export async function nodeName(dataDir: string, rng: Rng): Promise<string> {
  const file = path.join(dataDir, 'node-name');
  try {
    const name = (await readFile(file, 'utf8')).trim();
    if (name !== '') return name;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const name = rng.token(NAME_LENGTH);
  await mkdir(dataDir, { recursive: true });
  await writeFile(file, `${name}\n`, { mode: 0o600 });
  return name;
}
