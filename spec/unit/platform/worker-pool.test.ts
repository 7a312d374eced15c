import { expect, test } from 'vitest';
import { createWorkerPool } from '../../../src/platform/worker-pool.ts';

type Tasks = { double(input: number): number; fail(input: string): never; sum(input: Uint8Array): number };

const file = new URL('./worker-pool-tasks.ts', import.meta.url);

test('runs the named function of a TypeScript file in a thread', async () => {
  await using pool = createWorkerPool<Tasks>({ file, threads: 1 });
  expect(await pool.run('double', 21)).toBe(42);
  await expect(pool.run('fail', 'why')).rejects.toThrow('why');
});

test('buffers can be moved instead of copied', async () => {
  await using pool = createWorkerPool<Tasks>({ file, threads: 1 });
  const bytes = new Uint8Array([1, 2, 3]);
  expect(await pool.run('sum', bytes, { transfer: [bytes.buffer] })).toBe(6);
  expect(bytes).toHaveLength(0);
});

test('a task is given up when its signal aborts', async () => {
  await using pool = createWorkerPool<Tasks>({ file, threads: 1 });
  await expect(pool.run('double', 1, { signal: AbortSignal.abort() })).rejects.toThrow();
});
