import { execFile } from 'node:child_process';
import { chmod, chown, lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './binaries.ts';

/** How PostgreSQL, which refuses to run as root, is started by this user. */
export interface Launcher {
  name: 'as this user' | 'in a user namespace' | 'as an unprivileged user' | 'as an unprivileged user that may pass private folders';
  /** The command line that runs `command` in this way, in the same process (no fork). */
  wrap(command: readonly string[]): string[];
  /** Runs a command to its end; fails with what it printed. */
  run(command: readonly string[]): Promise<void>;
  /** Gives folders and all they hold to the user that PostgreSQL sees itself as. */
  own(folders: readonly string[]): Promise<void>;
}

/**
 * An ordinary user runs it directly. Root tries, in this order, what the machine allows:
 * 1. a user namespace in which root has an ordinary uid: files stay root's, also below a private home folder;
 * 2. an unprivileged uid that keeps the right to pass private folders (the checkout of another user);
 * 3. an unprivileged uid.
 */
export async function chooseLauncher({ dataDir, binaries }: { dataDir: string; binaries: PostgresBinaries }): Promise<Launcher> {
  if (process.getuid?.() !== 0) return launcher('as this user', [], null, binaries);
  const user = await unprivilegedUser();
  const drop = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const candidates = [
    launcher(
      'in a user namespace',
      ['unshare', '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`],
      { uid: 0, gid: 0 },
      binaries,
    ),
    launcher(
      'as an unprivileged user that may pass private folders',
      // Without the securebit, access(2), which initdb asks about its programs, forgets the capability.
      [...drop, '--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override', '--securebits=+no_setuid_fixup'],
      user,
      binaries,
    ),
    launcher('as an unprivileged user', [...drop, '--inh-caps=-all'], user, binaries),
  ];
  const refusals: string[] = [];
  for (const candidate of candidates) {
    try {
      // An unprivileged user has to pass this folder; what lies in it has modes of its own.
      if (candidate.name === 'as an unprivileged user') await chmod(dataDir, 0o711);
      // Not root there, and able to run the program and to enter the folder.
      const check = 'test "$(id -u)" != 0 && cd "$1" && "$2" --version >/dev/null';
      await candidate.run(['/bin/sh', '-c', check, 'weft-check', dataDir, join(binaries.bin, 'postgres')]);
      return candidate;
    } catch (error) {
      refusals.push(`${candidate.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    `PostgreSQL does not run as root, and this machine allows no way round it. Start weft as an ordinary user, or set database.url.\n${refusals.join('\n')}`,
  );
}

function launcher(
  name: Launcher['name'],
  prefix: readonly string[],
  owner: { uid: number; gid: number } | null,
  binaries: PostgresBinaries,
): Launcher {
  const wrap = (command: readonly string[]): string[] => [...prefix, ...command];
  return {
    name,
    wrap,
    async run(command) {
      const [file, ...args] = wrap(command);
      if (file === undefined) throw new Error('nothing to run');
      const env = { ...process.env, ...binaries.env, LC_ALL: 'C', TZ: 'UTC' };
      await promisify(execFile)(file, args, { cwd: '/', env }).catch((error: Error & { stderr?: string; stdout?: string }) => {
        throw new Error(`${file} failed: ${(error.stderr || error.stdout || error.message).trim()}`, { cause: error });
      });
    },
    async own(folders) {
      if (owner !== null) for (const folder of folders) await chownTree(folder, owner);
    },
  };
}

/** Only what has another owner is touched, so that a start in the same way as the last costs one look per folder. */
async function chownTree(path: string, owner: { uid: number; gid: number }): Promise<void> {
  const info = await lstat(path);
  if (info.uid === owner.uid && info.gid === owner.gid) return;
  if (info.isDirectory()) for (const name of await readdir(path)) await chownTree(join(path, name), owner);
  // Folders last: a start that is cut short is taken up again by the next.
  await chown(path, owner.uid, owner.gid).catch((error: NodeJS.ErrnoException) => {
    if (!info.isSymbolicLink()) throw error;
  });
}

/** initdb wants a uid that has a name. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const users = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name: name ?? '', uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const user = users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody') ?? users[0];
  if (user === undefined) throw new Error('/etc/passwd names no unprivileged user');
  return user;
}
