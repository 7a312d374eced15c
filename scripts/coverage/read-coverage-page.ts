import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { listEndpoints } from '../../src/app/list-endpoints.ts';
import { coveragePage } from './coverage-page.ts';
import { readPublishedEndpoints } from './read-published-endpoints.ts';

export const COVERAGE_PAGE = 'docs/spec-coverage.md';

/** The page as it should be. The endpoint table of the specification (endpoints.tsv) stands beside the folder with its data. */
export async function readCoveragePage(specData: string): Promise<string> {
  const table = path.join(specData, '..', 'endpoints.tsv');
  if (!existsSync(table)) throw new Error(`there is no endpoint table at ${table}`);
  return coveragePage(readPublishedEndpoints(readFileSync(table, 'utf8')), await listEndpoints());
}
