import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { type CoveragePerTestId, INSTRUMENTER_CONSTANTS, type InstrumenterContext } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { type Test, testsOf } from './suites.ts';

/** The suites that specify `core/auth` and `core/state-res`, quick ones first: most mutants die before a property is tried. */
const SUITES = [
  'spec/unit/core-auth*.test.ts',
  'spec/unit/state-res/*.test.ts',
  'spec/property/core-auth.test.ts',
  'spec/property/state-res/*.test.ts',
];

/** What the suites import, and what they get. */
const STAND_INS: { readonly [name: string]: string } = {
  vitest: new URL('suites.ts', import.meta.url).href,
  'fast-check': new URL('few-examples.ts', import.meta.url).href,
};

/** A mutant that a test passes this many times as often as it passes the original code loops endlessly. */
const HIT_LIMIT_FACTOR = 10;
/** And this often in any case. */
const HIT_LIMIT_MIN = 1_000;

/** A test that takes this much longer than without a mutant hangs; a busy machine is slower, but not by that. */
const TIME_LIMIT_FACTOR = 10;
const TIME_LIMIT_MIN_MS = 2_000;

/** What the tests did without a mutant, for the processes that follow the one of the first run; inside the sandbox. */
const BASELINE_FILE = 'baseline.json';

interface Baseline {
  /** How often each test passes each mutant. */
  readonly hits: CoveragePerTestId;
  readonly times: { readonly [testId: string]: number };
}

/**
 * Runs the suites inside Stryker's worker and switches from mutant to mutant between two runs. A run of a suite under a test
 * runner starts a thread and loads every module, which would cost more than the tests of a mutant do.
 */
class InProcessRunner implements TestRunner {
  #tests: readonly Test[] | null = null;
  #baseline: Baseline | null = null;

  /** Modules stay loaded: for a mutant of code that runs while they load, Stryker starts another process. */
  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: false };
  }

  async dryRun(): Promise<DryRunResult> {
    const context = mutants();
    const results: TestResult[] = [];
    for (const test of await this.#load()) {
      context.currentTestId = test.id;
      results.push(await run(test));
    }
    delete context.currentTestId;
    const { mutantCoverage } = context;
    const times = Object.fromEntries(results.map(({ id, timeSpentMs }) => [id, timeSpentMs]));
    writeFileSync(BASELINE_FILE, JSON.stringify({ hits: mutantCoverage?.perTest ?? {}, times } satisfies Baseline));
    return { status: DryRunStatus.Complete, tests: results, ...(mutantCoverage && { mutantCoverage }) };
  }

  async mutantRun({ activeMutant, mutantActivation, hitLimit, testFilter }: MutantRunOptions): Promise<MutantRunResult> {
    const context = mutants();
    if (mutantActivation === 'static') context.activeMutant = activeMutant.id;
    let tests: readonly Test[];
    try {
      tests = await this.#load();
    } catch (error) {
      if (mutantActivation !== 'static') throw error;
      // The suites load without a mutant, so one that is active meanwhile broke them.
      return { status: MutantRunStatus.Killed, killedBy: [], failureMessage: messageOf(error), nrOfTests: 0 };
    }
    context.activeMutant = activeMutant.id;
    this.#baseline ??= JSON.parse(readFileSync(BASELINE_FILE, 'utf8')) as Baseline;
    const { hits: allHits, times } = this.#baseline;

    const chosen = testFilter && new Set(testFilter);
    const results: TestResult[] = [];
    for (const test of tests) {
      if (chosen && !chosen.has(test.id)) continue;
      const hits = allHits[test.id]?.[activeMutant.id];
      const limit = hits === undefined ? hitLimit : Math.max(HIT_LIMIT_MIN, hits * HIT_LIMIT_FACTOR);
      context.hitCount = 0;
      context.hitLimit = limit ?? Number.POSITIVE_INFINITY;
      const result = await run(test, Math.max(TIME_LIMIT_MIN_MS, (times[test.id] ?? 0) * TIME_LIMIT_FACTOR));
      if (result === 'hung') return toMutantRunResult({ status: DryRunStatus.Timeout });
      const looped = determineHitLimitReached(context.hitCount, limit);
      if (looped) return toMutantRunResult(looped);
      results.push(result);
      if (result.status === TestStatus.Failed) break;
    }
    return toMutantRunResult({ status: DryRunStatus.Complete, tests: results });
  }

  async #load(): Promise<readonly Test[]> {
    if (this.#tests) return this.#tests;
    registerHooks({
      resolve(specifier, context, next) {
        const standIn = STAND_INS[specifier];
        return standIn === undefined || context.parentURL === standIn ? next(specifier, context) : { url: standIn, shortCircuit: true };
      },
    });
    const tests: Test[] = [];
    for (const file of SUITES.flatMap((pattern) => globSync(pattern).toSorted())) {
      tests.push(...(await testsOf(file, () => import(pathToFileURL(resolve(file)).href))));
    }
    this.#tests = tests;
    return tests;
  }
}

/** A script can be stopped in the middle of a loop, a function cannot. */
const STOPPABLE = new Script('globalThis.testToRun()');

function run(test: Test): Promise<TestResult>;
function run(test: Test, limitMs: number): Promise<TestResult | 'hung'>;
async function run(test: Test, limitMs?: number): Promise<TestResult | 'hung'> {
  const started = performance.now();
  const about = () => ({ id: test.id, name: test.name, fileName: resolve(test.file), timeSpentMs: performance.now() - started });
  try {
    if (limitMs === undefined) await test.run();
    else {
      Object.assign(globalThis, { testToRun: test.run });
      // The rest of a test that waits for something falls under the time limit of the whole run.
      await STOPPABLE.runInThisContext({ timeout: Math.ceil(limitMs) });
    }
    return { ...about(), status: TestStatus.Success };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'hung';
    return { ...about(), status: TestStatus.Failed, failureMessage: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the instrumented modules and the runner share. */
function mutants(): InstrumenterContext {
  const shared = globalThis as unknown as Record<string, InstrumenterContext>;
  return (shared[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)];
