import { readFileSync, writeFileSync } from 'node:fs';
import { COVERAGE_PAGE, readCoveragePage } from './coverage/read-coverage-page.ts';

// `MATRIX_SPEC_DATA=… npm run spec-coverage`: writes docs/spec-coverage.md, or, with `--check`, says whether it is up to date.
const specData = process.env['MATRIX_SPEC_DATA'];
if (specData === undefined) throw new Error('MATRIX_SPEC_DATA names no folder with the data of the specification');
const page = await readCoveragePage(specData);
if (process.argv.includes('--check')) {
  if (readFileSync(COVERAGE_PAGE, 'utf8') !== page) throw new Error(`${COVERAGE_PAGE} is out of date: run npm run spec-coverage`);
} else {
  writeFileSync(COVERAGE_PAGE, page);
  console.log(`wrote ${COVERAGE_PAGE}`);
}
