import { setTimeout as sleep } from 'node:timers/promises';
import { BenchNode } from './bench-node.ts';
import type { LoadResult, LoadWorld, Scenario } from './load.ts';
import { loadInProcess } from './load-process.ts';
import { residentMegabytes, type Usage } from './meters.ts';

// The operations that matter most, on a real node with its embedded database. Times depend on the machine and on what else it does;
// counts and bytes do not. `npm run bench -- server`; seconds per scenario: WEFT_BENCH_SECONDS (default 8).
const SECONDS = Number(process.env.WEFT_BENCH_SECONDS ?? 8);
const WARM_UP_MS = 3_000;
const PEOPLE = 8;
const ROOMS = 20;

const SCENARIOS: readonly { name: string; scenario: Scenario; concurrency: number }[] = [
  { name: 'send, 1 client', scenario: 'send', concurrency: 1 },
  { name: 'send, 64 clients', scenario: 'send', concurrency: 64 },
  { name: 'incremental sync, 50 woken by each message', scenario: 'sync', concurrency: 1 },
  { name: 'initial sync, 20 rooms', scenario: 'initial sync', concurrency: 4 },
  { name: 'createRoom', scenario: 'createRoom', concurrency: 8 },
  { name: 'receipt', scenario: 'receipt', concurrency: 8 },
];

const rows: Record<string, Record<string, string>> = {};
{
  await using node = await BenchNode.open();
  const world = await node.populate({ people: PEOPLE, rooms: ROOMS });
  for (const { name, scenario, concurrency } of SCENARIOS) {
    const { result, used } = await measure(node, world, { scenario, concurrency, durationMs: SECONDS * 1000 });
    rows[name] = {
      'ops/s': (result.operations / result.seconds).toFixed(0),
      'p50 ms': result.p50.toFixed(1),
      'p99 ms': result.p99.toFixed(1),
      'node CPU s/1000': ((1000 * used.nodeCpu) / result.operations).toFixed(2),
      'database CPU s/1000': ((1000 * used.databaseCpu) / result.operations).toFixed(2),
      'commits/op': (used.commits / result.operations).toFixed(3),
      'WAL bytes/op': (used.walBytes / result.operations).toFixed(0),
      'table bytes/op': (used.tableBytes / result.operations).toFixed(0),
    };
  }
  await node.restart();
  console.log(`ready after a warm start: ${(node.process.readyMs / 1000).toFixed(2)} s`);
  await sleep(5_000);
  console.log(`memory of the idle node: ${(await residentMegabytes(node.process.pid)).toFixed(0)} MB`);
}
{
  await using node = await BenchNode.open({ counting: true });
  const world = await node.populate({ people: PEOPLE, rooms: ROOMS });
  for (const { name, scenario, concurrency } of SCENARIOS) {
    const { result, used } = await measure(node, world, { scenario, concurrency, durationMs: (SECONDS * 1000) / 4 });
    rows[name] = { ...rows[name], 'statements/op': (used.statements / result.operations).toFixed(3) };
  }
}
console.table(rows);

async function measure(
  node: BenchNode,
  world: LoadWorld,
  load: { scenario: Scenario; concurrency: number; durationMs: number },
): Promise<{ result: LoadResult; used: Usage }> {
  await loadInProcess({ ...world, ...load, durationMs: WARM_UP_MS });
  const before = await node.usage();
  const result = await loadInProcess({ ...world, ...load });
  const after = await node.usage();
  return { result, used: difference(before, after) };
}

function difference(before: Usage, after: Usage): Usage {
  return {
    nodeCpu: after.nodeCpu - before.nodeCpu,
    databaseCpu: after.databaseCpu - before.databaseCpu,
    statements: after.statements - before.statements,
    commits: after.commits - before.commits,
    walBytes: after.walBytes - before.walBytes,
    tableBytes: after.tableBytes - before.tableBytes,
  };
}
