import { readdir, readFile } from 'node:fs/promises';
import type { Sql } from 'postgres';

/** Clock ticks per second of /proc; Linux has one value for user space. */
const TICKS_PER_SECOND = 100;

/** What has been used up so far. */
export interface Usage {
  /** Seconds. */
  readonly nodeCpu: number;
  readonly databaseCpu: number;
  readonly statements: number;
  readonly commits: number;
  readonly walBytes: number;
  readonly tableBytes: number;
}

export async function readUsage(options: { url: string; nodePid: number; postmasterPid: number; sql: Sql }): Promise<Usage> {
  const { url, nodePid, postmasterPid, sql } = options;
  const page = await (await fetch(`${url}/metrics`)).text();
  const [row] = await sql<{ wal: number; tables: number }[]>`
    select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint as wal,
      (select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind = 'r')::bigint as tables`;
  return {
    nodeCpu: await cpuSeconds(nodePid, false),
    databaseCpu: await cpuOfFamily(postmasterPid),
    statements: metric(page, 'weft_database_statements'),
    commits: metric(page, 'weft_commits'),
    walBytes: row?.wal ?? 0,
    tableBytes: row?.tables ?? 0,
  };
}

/** Resident memory, MB. */
export async function residentMegabytes(pid: number): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

function metric(page: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1] ?? 0);
}

async function statOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in brackets may contain blanks.
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

async function cpuSeconds(pid: number, withEndedChildren: boolean): Promise<number> {
  const stat = await statOf(pid);
  const fields = withEndedChildren ? stat.slice(11, 15) : stat.slice(11, 13);
  return fields.reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

async function cpuOfFamily(parent: number): Promise<number> {
  let sum = await cpuSeconds(parent, true);
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    if (Number((await statOf(Number(name)))[1]) === parent) sum += await cpuSeconds(Number(name), false);
  }
  return sum;
}
