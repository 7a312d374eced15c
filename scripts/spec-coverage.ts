import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { coveragePage, type OwnEndpoint } from './coverage/coverage-page.ts';
import { readPublishedEndpoints } from './coverage/read-published-endpoints.ts';

// `MATRIX_SPEC_DATA=… npm run spec-coverage`: writes docs/spec-coverage.md. The endpoint table of the specification (endpoints.tsv) stands
// beside the folder that MATRIX_SPEC_DATA names. The server's own is `listEndpoints()` of src/app/endpoint-table.ts.
const PAGE = 'docs/spec-coverage.md';
const OWN_TABLE = 'src/app/endpoint-table.ts';

const specData = process.env['MATRIX_SPEC_DATA'];
if (specData === undefined) throw new Error('MATRIX_SPEC_DATA names no folder with the data of the specification');
const publishedTable = path.join(specData, '..', 'endpoints.tsv');
if (!existsSync(publishedTable)) throw new Error(`there is no endpoint table at ${publishedTable}`);

const own: unknown = await import(pathToFileURL(path.resolve(OWN_TABLE)).href);
writeFileSync(PAGE, coveragePage(readPublishedEndpoints(readFileSync(publishedTable, 'utf8')), callListEndpoints(own)));
console.log(`wrote ${PAGE}`);

function callListEndpoints(module: unknown): readonly OwnEndpoint[] {
  if (typeof module !== 'object' || module === null || !('listEndpoints' in module) || typeof module.listEndpoints !== 'function') {
    throw new Error(`${OWN_TABLE} exports no function listEndpoints`);
  }
  return module.listEndpoints() as readonly OwnEndpoint[];
}
