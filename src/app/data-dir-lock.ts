import { mkdir, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { socketFolder } from './embedded-postgres/socket-folder.ts';

/** Another node runs on the same folder. */
export class DataDirBusyError extends Error {
  constructor(dataDir: string, owner: string) {
    super(
      `another weft node${owner === '' ? '' : ` (pid ${owner})`} already runs on ${dataDir}: stop it first, or give this one a data_dir of its own`,
    );
    this.name = 'DataDirBusyError';
  }
}

/**
 * One node per data folder. The lock is a listening unix socket: the kernel closes it with its process, so `kill -9` never
 * leaves it held, no process number can be mistaken, and it is seen from other containers that mount the folder. It does not
 * guard a folder on a network file system that two machines mount.
 */
export async function lockDataDir(dataDir: string): Promise<AsyncDisposable> {
  const folder = resolve(dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(await socketFolder(folder, 'lock'), 'node.sock');
  for (let attempt = 0; attempt < 5; attempt++) {
    const server = await listen(path);
    if (server !== null) return { [Symbol.asyncDispose]: () => close(server) };
    const owner = await askOwner(path);
    if (owner !== null) throw new DataDirBusyError(folder, owner);
    await removeDead(path, folder);
  }
  throw new DataDirBusyError(folder, '');
}

/** Moves the dead socket away before it is removed, and looks again: another starter may have put a live one there. */
async function removeDead(path: string, folder: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const owner = await askOwner(aside);
  if (owner !== null) {
    await rename(aside, path);
    throw new DataDirBusyError(folder, owner);
  }
  await rm(aside, { force: true });
}

function listen(path: string): Promise<Server | null> {
  return new Promise((done, fail) => {
    const server = createServer((peer) => peer.on('error', () => undefined).end(String(process.pid)));
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? done(null) : fail(error)));
    // Not kept alive by its lock: a node that has nothing else to do may end.
    server.listen(path, () => done(server.unref()));
  });
}

/** The process number of the live owner, or null when nobody listens. */
function askOwner(path: string): Promise<string | null> {
  return new Promise((done) => {
    const socket = connect(path);
    let answer = '';
    // A live but stopped owner accepts in its backlog and never answers: it is an owner all the same.
    socket.setTimeout(1_000, () => {
      socket.destroy();
      done(answer);
    });
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.once('end', () => done(answer));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? null : ''));
  });
}

function close(server: Server): Promise<void> {
  // Closing removes the socket's file.
  return new Promise((done) => server.close(() => done()));
}
