import { existsSync, readFileSync } from 'node:fs';

// Prints `N passed, N failed`, the sum over vitest's JSON reports. `node scripts/print-totals.ts FAILED_STEPS REPORT…`: a step that failed
// without a failing test (the linter, a suite that did not load, a run without a report) counts as one failure each.
const [failedSteps = '0', ...reports] = process.argv.slice(2);

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

let passed = 0;
let failedTests = 0;
let reportsWithFailures = 0;
for (const path of reports) {
  if (!existsSync(path)) continue;
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report;
  passed += report.numPassedTests;
  failedTests += report.numFailedTests;
  if (report.numFailedTests > 0) reportsWithFailures += 1;
}
console.log(`${passed} passed, ${failedTests + Math.max(0, Number(failedSteps) - reportsWithFailures)} failed`);
