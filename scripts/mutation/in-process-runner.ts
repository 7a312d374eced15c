import { globSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import fc from 'fast-check';
import { type Test, testsOf } from './suites.ts';

/** The suites that specify `core/auth` and `core/state-res`, quick ones first: most mutants die before a property is tried. */
const SUITES = [
  'spec/unit/core-auth*.test.ts',
  'spec/unit/state-res/*.test.ts',
  'spec/property/core-auth.test.ts',
  'spec/property/state-res/*.test.ts',
];

const SUITES_SHIM = new URL('suites.ts', import.meta.url).href;

/**
 * Runs the suites inside Stryker's worker and switches from mutant to mutant between two runs. A run of a suite under a test
 * runner starts a thread and loads every module, which would cost more than the tests of a mutant do.
 */
class InProcessRunner implements TestRunner {
  #tests: readonly Test[] | null = null;

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
    return { status: DryRunStatus.Complete, tests: results, ...(context.mutantCoverage && { mutantCoverage: context.mutantCoverage }) };
  }

  async mutantRun({ activeMutant, mutantActivation, hitLimit, testFilter }: MutantRunOptions): Promise<MutantRunResult> {
    const context = mutants();
    context.hitCount = 0;
    if (hitLimit !== undefined) context.hitLimit = hitLimit;
    if (mutantActivation === 'static') context.activeMutant = activeMutant.id;
    const tests = await this.#load();
    context.activeMutant = activeMutant.id;

    const chosen = testFilter && new Set(testFilter);
    const results: TestResult[] = [];
    for (const test of tests) {
      if (chosen && !chosen.has(test.id)) continue;
      const result = await run(test);
      results.push(result);
      if (result.status === TestStatus.Failed) break;
    }
    const hung = determineHitLimitReached(context.hitCount, context.hitLimit);
    return toMutantRunResult(hung ?? { status: DryRunStatus.Complete, tests: results });
  }

  async #load(): Promise<readonly Test[]> {
    if (this.#tests) return this.#tests;
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'vitest' && context.parentURL !== SUITES_SHIM ? { url: SUITES_SHIM, shortCircuit: true } : next(specifier, context),
    });
    // The same examples for every mutant, so that a run can be repeated; a failure is all that counts, not the smallest one.
    fc.configureGlobal({ seed: 20_260_401, endOnFailure: true });
    const tests: Test[] = [];
    for (const file of SUITES.flatMap((pattern) => globSync(pattern).toSorted())) {
      tests.push(...(await testsOf(file, () => import(pathToFileURL(resolve(file)).href))));
    }
    this.#tests = tests;
    return tests;
  }
}

async function run(test: Test): Promise<TestResult> {
  const started = performance.now();
  const about = () => ({ id: test.id, name: test.name, fileName: resolve(test.file), timeSpentMs: performance.now() - started });
  try {
    await test.run();
    return { ...about(), status: TestStatus.Success };
  } catch (error) {
    return { ...about(), status: TestStatus.Failed, failureMessage: error instanceof Error ? error.message : String(error) };
  }
}

/** What the instrumented modules and the runner share. */
function mutants(): InstrumenterContext {
  const shared = globalThis as unknown as Record<string, InstrumenterContext>;
  return (shared[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)];
