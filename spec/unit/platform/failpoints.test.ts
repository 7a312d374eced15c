import { expect, test } from 'vitest';
import { armFailpoint, failpoint, failpointSync } from '../../../src/platform/failpoints.ts';

test('a place that is not armed does nothing', async () => {
  expect(failpoint('place')).toBeUndefined();
  failpointSync('place');
  using _ = armFailpoint('another place', { error: new Error('boom') });
  await failpoint('place');
});

test('fails the Nth pass, as often as asked, until it is disposed', async () => {
  const results: string[] = [];
  {
    using point = armFailpoint('place', { error: new Error('boom'), skip: 1, times: 2 });
    for (let i = 0; i < 4; i++) {
      try {
        await failpoint('place');
        results.push('passed');
      } catch {
        results.push('failed');
      }
    }
    expect(point.passes()).toBe(4);
  }
  expect(results).toEqual(['passed', 'failed', 'failed', 'passed']);
  failpointSync('place');
});

test('holds a place until the test lets it go', async () => {
  const gate = Promise.withResolvers<void>();
  using _ = armFailpoint('place', { wait: () => gate.promise });
  let past = false;
  const passing = (async () => {
    await failpoint('place');
    past = true;
  })();
  await new Promise((resolve) => setImmediate(resolve));
  expect(past).toBe(false);
  gate.resolve();
  await passing;
  expect(past).toBe(true);
});

test('arming a place twice is a mistake', () => {
  using _ = armFailpoint('place', {});
  expect(() => armFailpoint('place', {})).toThrow('already armed');
});
