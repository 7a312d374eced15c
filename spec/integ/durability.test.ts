import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { socketFolder } from '../../src/app/embedded-postgres/socket-folder.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/app/embedded-postgres/start-embedded-postgres.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { type Blow, DurabilityRun, type RoundReport } from '../support/durability-run.ts';
import { dataDirOf, postmasterPid } from '../support/node-process.ts';

// A run over many rounds, as before a release: WEFT_KILL_ROUNDS=100 npx vitest run spec/integ/durability.test.ts
const ROUNDS = Number(process.env.WEFT_KILL_ROUNDS ?? 3);
const SEED = Number(process.env.WEFT_KILL_SEED ?? Date.now() % 1_000_000);
const HANG_MS = 60_000 + ROUNDS * 60_000;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'weft-durability-'));
});
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 20 }));

async function runRounds(name: string, run: DurabilityRun, blow: Blow): Promise<void> {
  let report: RoundReport | undefined;
  for (let round = 1; round <= ROUNDS; round++) {
    report = await run.round(blow);
    expect(report.faults, `${name}, round ${round}, seed ${SEED}\n${run.node?.output.join('\n') ?? ''}`).toEqual([]);
  }
  expect(report?.counts.events).toBeGreaterThan(0);
  process.stdout.write(`${name}, seed ${SEED}: ${JSON.stringify(report?.counts)}\n`);
}

describe('everything that was acknowledged is there, once and in order', () => {
  test(
    'when the node is killed under load, at times during its start, at times together with its database',
    async () => {
      const folder = path.join(root, 'killed');
      const dataDir = dataDirOf(folder);
      const database = { host: await socketFolder(dataDir, 'socket'), port: 5432, username: 'weft', database: 'postgres' };
      await using run = await DurabilityRun.open({ folder, seed: SEED, database });
      await runRounds('node killed', run, async ({ random, node }) => {
        const pid = random() < 0.15 ? await postmasterPid(dataDir) : null;
        if (pid !== null) process.kill(pid, 'SIGKILL');
        await node?.kill();
        while (random() < 0.2) await run.startAndKill(random() * 2_000);
        await run.start();
      });
    },
    HANG_MS,
  );

  describe('on a database of its own', () => {
    let server: EmbeddedPostgres;
    const startServer = async (): Promise<void> => {
      server = await startEmbeddedPostgres({ dataDir: path.join(root, 'server'), log: createLogger({ level: 'fatal' }) });
    };
    beforeAll(startServer);
    afterAll(() => server.stop());

    const open = (folder: string): Promise<DurabilityRun> =>
      DurabilityRun.open({
        folder: path.join(root, folder),
        seed: SEED,
        database: server.connection,
        config: { database: { url: `postgres:///${server.connection.database}` } },
        environment: { PGHOST: server.connection.host, PGUSERNAME: server.connection.username },
      });

    test(
      'when the connections to the database are cut under load, and when the database restarts',
      async () => {
        await using run = await open('cut');
        await runRounds('database cut', run, async ({ random }) => {
          for (let cut = 0; cut < 3; cut++) {
            await using database = run.openDatabase();
            await database.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'weft%'`;
            await sleep(random() * 300);
          }
          if (random() < 0.5) return;
          await server.stop();
          await sleep(random() * 1_000);
          await startServer();
        });
        expect(run.node?.output.filter((line) => line.includes('"level":"fatal"'))).toEqual([]);
      },
      HANG_MS,
    );
  });
});
