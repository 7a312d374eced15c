import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';

const LEFTOVER_STOP_MS_MAX = 60_000;

/**
 * What a killed node may have left: its PostgreSQL, still stopping (or, if its wrapper was killed too, still running), or a
 * pid file whose number now belongs to another program. The caller holds the folder's lock, so no live node owns it.
 */
export async function stopLeftoverPostgres({ cluster, log }: { cluster: string; log: Logger }): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const text = await readFile(pidFile, 'utf8').catch(() => null);
  if (text === null) return;
  const pid = Number(text.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !(await isPostgresOf(cluster, pid))) {
    // PostgreSQL would take any live process with this number for itself and refuse to start.
    await rm(pidFile, { force: true });
    return;
  }
  log.info({ pid }, 'the PostgreSQL of a node that was killed still runs; stopping it');
  signal(pid, 'SIGINT');
  const start = systemClock.monotonic();
  let forced = false;
  while (await isPostgresOf(cluster, pid)) {
    const waited = systemClock.monotonic() - start;
    if (waited > LEFTOVER_STOP_MS_MAX) throw new Error(`a PostgreSQL that was left behind (pid ${pid}) does not stop; end it by hand`);
    if (waited > LEFTOVER_STOP_MS_MAX / 2 && !forced) {
      forced = true;
      signal(pid, 'SIGQUIT');
    }
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

async function isPostgresOf(cluster: string, pid: number): Promise<boolean> {
  const command = await commandLine(pid);
  return command !== null && /\bpostgres(\s|$)/.test(command) && command.includes(`-D ${cluster}`);
}

/** The arguments of a live process, joined by blanks; null when there is none or it has ended. */
async function commandLine(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return raw === '' ? null : raw.split('\0').join(' ').trim();
  }
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() === '' ? null : stdout.trim();
}

function signal(pid: number, name: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
