import type { PartialStrykerOptions } from '@stryker-mutator/api/core';

/** One worker: a laptop stays usable, and each worker holds a test runner with all the suites loaded. */
const WORKERS = 1;

/** Beside one and a half times what the tests take without a mutant; what takes longer hangs. */
const HANG_LIMIT_MS = 5_000;

/** `npm run mutation`: see docs/testing.md for the score and for the mutants that survive. */
export default {
  mutate: ['src/core/auth/**/*.ts', 'src/core/state-res/**/*.ts'],
  plugins: ['./scripts/mutation/in-process-runner.ts', './scripts/mutation/sentences-for-people.ts'],
  ignorers: ['sentences-for-people'],
  testRunner: 'in-process',
  coverageAnalysis: 'perTest',
  concurrency: WORKERS,
  timeoutMS: HANG_LIMIT_MS,
  timeoutFactor: 1.5,
  // What the sandbox holds. The compiler's settings stay outside, for rewriting them takes the API that TypeScript 7 does not have.
  ignorePatterns: ['**', '!package.json', '!src/core/**', '!spec/{unit,property,support,vectors}/**', '!scripts/mutation/**'],
  tempDirName: '.stryker-tmp',
  reporters: ['clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  htmlReporter: { fileName: 'reports/mutation/mutation.html' },
  allowConsoleColors: false,
} satisfies PartialStrykerOptions;
