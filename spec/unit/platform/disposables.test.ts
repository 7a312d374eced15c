import { expect, test } from 'vitest';
import { DISPOSE_MS_MAX, Disposables } from '../../../src/platform/disposables.ts';
import { createLogger, silentLogger } from '../../../src/platform/logger.ts';
import { ManualClock } from '../../../src/platform/manual-clock.ts';

test('parts stop once, in reverse order, and a failing one does not keep the others', async () => {
  const lines: string[] = [];
  const log = createLogger({ level: 'error', destination: { write: (line) => lines.push(line) } });
  const parts = new Disposables({ clock: new ManualClock(), log });
  const stopped: string[] = [];
  parts.defer('first', () => stopped.push('first'));
  parts.defer('second', () => Promise.reject(new Error('stuck')));
  parts.use('third', { [Symbol.asyncDispose]: async () => void stopped.push('third') });
  await Promise.all([parts[Symbol.asyncDispose](), parts[Symbol.asyncDispose]()]);
  expect(stopped).toEqual(['third', 'first']);
  expect(lines.join()).toContain('second');
  expect(() => parts.defer('late', () => undefined)).toThrow('already stopped');
});

test('a part that hangs is left behind', async () => {
  const clock = new ManualClock();
  const parts = new Disposables({ clock, log: silentLogger });
  let stopped = false;
  parts.defer('first', () => (stopped = true));
  parts.defer('hangs', () => new Promise(() => undefined));
  const stopping = parts[Symbol.asyncDispose]();
  await clock.advance(DISPOSE_MS_MAX - 1);
  expect(stopped).toBe(false);
  await clock.advance(1);
  await stopping;
  expect(stopped).toBe(true);
});
