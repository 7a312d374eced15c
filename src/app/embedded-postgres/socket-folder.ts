import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** sun_path holds 108 bytes on Linux and 104 on macOS, the closing NUL included. */
const SOCKET_PATH_BYTES_MAX = 103;
/** The longest name put into such a folder, with its slash. */
const SOCKET_NAME_BYTES = '/.s.PGSQL.5432.lock'.length;

/**
 * A private folder for unix sockets: `<dataDir>/<name>`, or, where that path is too long for a socket, a short one in the
 * folder for temporary files that is derived from it (so that it is the same at every start).
 */
export async function socketFolder(dataDir: string, name: string): Promise<string> {
  const near = join(resolve(dataDir), name);
  if (Buffer.byteLength(near) + SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES_MAX) {
    await mkdir(near, { recursive: true, mode: 0o700 });
    return near;
  }
  const digest = createHash('sha256').update(near).digest('hex').slice(0, 20);
  const short = join(tmpdir(), `weft-${digest}`);
  await mkdir(short, { recursive: true, mode: 0o700 });
  const info = await lstat(short);
  // Others may write to the temporary folder: what is not ours alone is not used. Root may have given it away (launcher.ts).
  const uid = process.getuid?.() ?? info.uid;
  if (!info.isDirectory() || (info.uid !== uid && uid !== 0) || (info.mode & 0o077) !== 0) {
    throw new Error(`${short} belongs to somebody else: remove it, or choose a data_dir with a shorter path`);
  }
  return short;
}
