import { expect, test } from 'vitest';
import { KeyedQueue, QueueFullError } from '../../../src/platform/keyed-queue.ts';

test('tasks of one key run one after the other, those of others at once', async () => {
  const queue = new KeyedQueue<string>();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = queue.run('a', async () => {
    log.push('a1 begins');
    await gate.promise;
    log.push('a1 ends');
  });
  const second = queue.run('a', () => log.push('a2'));
  await queue.run('b', () => log.push('b'));
  expect(log).toEqual(['a1 begins', 'b']);
  expect(queue.size('a')).toBe(2);
  gate.resolve();
  await Promise.all([first, second]);
  expect(log).toEqual(['a1 begins', 'b', 'a1 ends', 'a2']);
  expect(queue.size()).toBe(0);
});

test('a failed task fails alone', async () => {
  const queue = new KeyedQueue<string>();
  const failing = queue.run('a', () => Promise.reject(new Error('no')));
  const after = queue.run('a', () => 'still runs');
  await expect(failing).rejects.toThrow('no');
  expect(await after).toBe('still runs');
});

test('a key with too much waiting work is refused', async () => {
  const queue = new KeyedQueue<string>({ waitingMax: 1 });
  const gate = Promise.withResolvers<void>();
  const running = queue.run('a', () => gate.promise);
  await expect(queue.run('a', () => undefined)).rejects.toThrow(QueueFullError);
  await queue.run('b', () => undefined);
  gate.resolve();
  await running;
  await queue.run('a', () => undefined);
});

test('idle waits for everything, also for work that comes meanwhile', async () => {
  const queue = new KeyedQueue<number>();
  let done = 0;
  const later = queue.run(1, async () => {
    void queue.run(2, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      done++;
    });
    done++;
  });
  await queue.idle();
  expect(done).toBe(2);
  await later;
});
