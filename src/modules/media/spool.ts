import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { Rng } from '../../platform/rng.ts';

export interface SpooledFile extends AsyncDisposable {
  readonly file: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/**
 * Writes what a client sends to a file of the given folder, chunk by chunk, until all of it is on disk and its hash is known. The file is
 * removed when the answer is disposed, unless it was moved away.
 *
 * @throws MatrixError `M_UNKNOWN` when the client goes away, and whatever the stream fails with
 */
export async function spool(data: Readable, options: { folder: string; rng: Rng }): Promise<SpooledFile> {
  await mkdir(options.folder, { recursive: true });
  const file = path.join(options.folder, options.rng.token(24));
  const remove = () => rm(file, { force: true });
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    await using handle = await open(file, 'wx', 0o600);
    for await (const chunk of data) {
      const buffer = chunk as Buffer;
      hash.update(buffer);
      bytes += buffer.length;
      await handle.writeFile(buffer);
    }
    await handle.sync();
    return { file, bytes, sha256: hash.digest('hex'), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    // A client that goes away in the middle is no fault of the server.
    if ((error as { code?: unknown }).code === 'ECONNRESET') throw new MatrixError('M_UNKNOWN', 'The upload broke off', { cause: error });
    throw error;
  }
}
