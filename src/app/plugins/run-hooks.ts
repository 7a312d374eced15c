import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import {
  ALLOW,
  HOOK_FAIL,
  type Happenings,
  type HappeningName,
  type HookInputs,
  type HookName,
  type Verdict,
} from '../../plugin-api/hooks.ts';
import type { PluginRegistry } from './plugin-registry.ts';

/** A hook that takes longer than this counts as failed. */
export const HOOK_DEADLINE_MS = 5_000;

interface RunDeps {
  readonly registry: PluginRegistry;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Asks the hooks of a name in order; the first refusal wins. A late or failing hook refuses or allows as its type says. */
export async function runHooks<Name extends HookName>(deps: RunDeps, name: Name, input: HookInputs[Name]): Promise<Verdict> {
  for (const { plugin, value: hook } of deps.registry.hooksOf(name)) {
    let verdict: Verdict;
    try {
      verdict = await withDeadline(deps.clock, hook(input));
    } catch (error) {
      deps.log.error({ err: error, plugin, hook: name, fails: HOOK_FAIL[name] }, 'a plug-in’s check failed');
      if (HOOK_FAIL[name] === 'open') continue;
      return { allow: false, errcode: 'M_UNKNOWN', reason: 'A check could not be made; try again later' };
    }
    if (!verdict.allow) return verdict;
  }
  return ALLOW;
}

/** Tells everybody who listens; one that fails does not keep the others from hearing of it. */
export async function tell<Name extends HappeningName>(deps: RunDeps, name: Name, happening: Happenings[Name]): Promise<void> {
  for (const { plugin, value: listener } of deps.registry.listenersOf(name)) {
    try {
      await listener(happening);
    } catch (error) {
      deps.log.error({ err: error, plugin, happening: name }, 'a plug-in could not handle what happened');
    }
  }
}

async function withDeadline(clock: Clock, verdict: Verdict | Promise<Verdict>): Promise<Verdict> {
  if (!(verdict instanceof Promise)) return verdict;
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(new Error(`no answer within ${HOOK_DEADLINE_MS} ms`)), HOOK_DEADLINE_MS);
    verdict.then(resolve, reject).finally(() => timer.cancel());
  });
}
