import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Sql } from 'postgres';

/** Key of the advisory lock that lets one process migrate at a time. */
const MIGRATION_LOCK = 0x57656674;

const DEFAULT_FOLDER = path.join(import.meta.dirname, '../../migrations');

export interface MigrationResult {
  /** Names of the files that ran now. */
  readonly applied: readonly string[];
  readonly version: number;
}

/** The schema was written by a program that this one cannot work with. */
export class IncompatibleSchemaError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'IncompatibleSchemaError';
  }
}

/**
 * Runs the numbered SQL files that this database has not seen, in order, each in its own transaction, one process at a time.
 *
 * Two numbers guard the schema. `version` is the newest migration that ran. `compat` is the oldest program that may still
 * run on this schema: a migration that breaks older programs says so in its first lines (`-- compat: N`). A program whose own
 * newest migration is below `compat` refuses to start. A migration that was merged with a number below one that already
 * ran is run all the same: what counts is which files ran, not the highest number.
 */
export async function migrate(sql: Sql, options: { folder?: string } = {}): Promise<MigrationResult> {
  const files = await readMigrations(options.folder ?? DEFAULT_FOLDER);
  const programVersion = files.at(-1)?.number ?? 0;
  const connection = await sql.reserve();
  try {
    await connection`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await connection.unsafe(`
      create table if not exists schema_migration (
        number int primary key, name text not null, applied_at timestamptz not null default now());
      create table if not exists schema_compat (
        only_row boolean primary key default true check (only_row), compat int not null);
      insert into schema_compat (compat) values (0) on conflict do nothing;`);
    const compat = Number((await connection`select compat from schema_compat`)[0]?.compat ?? 0);
    if (compat > programVersion) {
      throw new IncompatibleSchemaError(
        `This database was upgraded by a newer Weft: it needs a program that knows migration ${compat}, this one knows ${programVersion}. ` +
          'Start the newer version again, or restore the backup made before the upgrade.',
      );
    }
    const done = new Set((await connection`select number from schema_migration`).map((row) => Number(row.number)));
    const applied: string[] = [];
    for (const file of files) {
      if (done.has(file.number)) continue;
      try {
        await connection.unsafe('begin');
        await connection.unsafe(file.text);
        await connection`insert into schema_migration (number, name) values (${file.number}, ${file.name})`;
        if (file.compat !== null) await connection`update schema_compat set compat = greatest(compat, ${file.compat})`;
        await connection.unsafe('commit');
      } catch (error) {
        await connection.unsafe('rollback').catch(() => undefined);
        throw new Error(`migration ${file.name} failed`, { cause: error });
      }
      applied.push(file.name);
    }
    return { applied, version: Math.max(programVersion, ...done) };
  } finally {
    await connection`select pg_advisory_unlock(${MIGRATION_LOCK})`.catch(() => undefined);
    connection.release();
  }
}

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly text: string;
  readonly compat: number | null;
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const seen = new Set<number>();
  return Promise.all(
    names.map(async (name) => {
      const match = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name);
      if (match === null) throw new Error(`migration file ${name} is not named NNNN_name.sql`);
      const number = Number(match[1]);
      if (seen.has(number)) throw new Error(`two migrations have the number ${number}`);
      seen.add(number);
      const text = await readFile(path.join(folder, name), 'utf8');
      const compat = /^-- compat: (\d+)$/m.exec(text)?.[1];
      return { number, name, text, compat: compat === undefined ? null : Number(compat) };
    }),
  );
}
