import { expect, test } from 'vitest';
import type { UserId } from '../../../src/core/ids/brands.ts';
import { PluginRegistry } from '../../../src/app/plugins/plugin-registry.ts';
import { HOOK_DEADLINE_MS, runHooks, tell } from '../../../src/app/plugins/run-hooks.ts';
import { silentLogger } from '../../../src/platform/logger.ts';
import { ManualClock } from '../../../src/platform/manual-clock.ts';
import type { HookInputs, Verdict } from '../../../src/plugin-api/hooks.ts';

const USER = '@alice:weft.test' as UserId;
/** Refuses where it fails. */
const LOGIN: HookInputs['checkLogin'] = { userId: USER, deviceId: null, ip: '192.0.2.1', userAgent: 'spec' };
/** Allows where it fails. */
const PROFILE: HookInputs['checkProfile'] = { userId: USER, field: 'displayname', value: 'Alice' };
const REFUSED: Verdict = { allow: false, errcode: 'M_FORBIDDEN', reason: 'no' };

function setUp() {
  const clock = new ManualClock();
  const registry = new PluginRegistry({});
  return { registry, clock, deps: { registry, clock, log: silentLogger } };
}

test('without hooks everything is allowed', async () => {
  expect(await runHooks(setUp().deps, 'checkLogin', LOGIN)).toEqual({ allow: true });
});

test('hooks run in order, the first refusal wins, and the rest is not asked', async () => {
  const { registry, deps } = setUp();
  const asked: string[] = [];
  registry.hook('a', 'checkLogin', async () => {
    asked.push('a');
    return { allow: true };
  });
  registry.hook('b', 'checkLogin', () => {
    asked.push('b');
    return REFUSED;
  });
  registry.hook('c', 'checkLogin', () => {
    asked.push('c');
    return { allow: true };
  });
  expect(await runHooks(deps, 'checkLogin', LOGIN)).toEqual(REFUSED);
  expect(asked).toEqual(['a', 'b']);
});

test('a hook that fails refuses or allows as its type says, and an allowing failure does not hide a later refusal', async () => {
  const { registry, deps } = setUp();
  const fails = (): never => {
    throw new Error('broken');
  };
  registry.hook('a', 'checkLogin', fails);
  registry.hook('a', 'checkProfile', async () => fails());
  expect(await runHooks(deps, 'checkLogin', LOGIN)).toMatchObject({ allow: false });
  expect(await runHooks(deps, 'checkProfile', PROFILE)).toEqual({ allow: true });
  registry.hook('b', 'checkProfile', () => REFUSED);
  expect(await runHooks(deps, 'checkProfile', PROFILE)).toEqual(REFUSED);
});

test('a hook has until its deadline, and no longer', async () => {
  const { registry, clock, deps } = setUp();
  let answer: (verdict: Verdict) => void = () => undefined;
  const slow = (): Promise<Verdict> => new Promise((resolve) => (answer = resolve));
  registry.hook('a', 'checkLogin', slow);
  registry.hook('a', 'checkProfile', slow);

  const inTime = runHooks(deps, 'checkLogin', LOGIN);
  await clock.advance(HOOK_DEADLINE_MS - 1);
  answer(REFUSED);
  expect(await inTime).toEqual(REFUSED);

  const late = runHooks(deps, 'checkLogin', LOGIN);
  await clock.advance(HOOK_DEADLINE_MS);
  expect(await late).toMatchObject({ allow: false, errcode: 'M_UNKNOWN' });

  const lateAndOpen = runHooks(deps, 'checkProfile', PROFILE);
  await clock.advance(HOOK_DEADLINE_MS);
  expect(await lateAndOpen).toEqual({ allow: true });
  expect(clock.pending).toBe(0);
});

test('everybody hears of what happened, also after one who failed', async () => {
  const { registry, deps } = setUp();
  const heard: string[] = [];
  registry.on('a', 'userRegistered', () => {
    throw new Error('broken');
  });
  registry.on('b', 'userRegistered', async ({ userId }) => void heard.push(userId));
  await tell(deps, 'userRegistered', { userId: USER, isGuest: false });
  expect(heard).toEqual([USER]);
});
