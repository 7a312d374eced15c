import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { ManualClock } from '../../../src/platform/manual-clock.ts';

describe('the manual clock', () => {
  test('fires timers in order of time, then of creation', async () => {
    const clock = new ManualClock(1_000);
    const fired: string[] = [];
    clock.setTimeout(() => fired.push(`late ${clock.now()}`), 20);
    clock.setTimeout(() => fired.push(`first ${clock.now()}`), 10);
    clock.setTimeout(() => fired.push(`second ${clock.now()}`), 10);
    await clock.advance(15);
    expect(fired).toEqual(['first 1010', 'second 1010']);
    expect(clock.untilNext).toBe(5);
    await clock.advance(5);
    expect(fired.at(-1)).toBe('late 1020');
    expect(clock.pending).toBe(0);
  });

  test('fires timers that were set by timers on the way', async () => {
    const clock = new ManualClock();
    let ticks = 0;
    const tick = (): void => {
      ticks++;
      clock.setTimeout(tick, 10);
    };
    clock.setTimeout(tick, 10);
    await clock.advance(35);
    expect(ticks).toBe(3);
  });

  test('setting the wall clock does not move durations', async () => {
    const clock = new ManualClock(5_000);
    await clock.advance(10);
    clock.setNow(0);
    expect(clock.now()).toBe(0);
    expect(clock.monotonic()).toBe(10);
  });

  test('sleep ends when its signal aborts, with the reason', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const sleeping = clock.sleep(1_000, abort.signal);
    abort.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
    await expect(clock.sleep(1, abort.signal)).rejects.toThrow('enough');
  });
});

describe('the system clock', () => {
  test('a cancelled timer does not fire', async () => {
    let fired = false;
    systemClock.setTimeout(() => (fired = true), 0).cancel();
    await systemClock.sleep(5);
    expect(fired).toBe(false);
  });

  test('a delay beyond what Node can hold does not fire at once', async () => {
    let fired = false;
    using _timer = systemClock.setTimeout(() => (fired = true), 2 ** 40);
    await systemClock.sleep(5);
    expect(fired).toBe(false);
  });
});
