import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COVERAGE_PAGE, readCoveragePage } from '../../scripts/coverage/read-coverage-page.ts';
import { listEndpoints } from '../../src/app/list-endpoints.ts';
import { coveragePage } from '../../scripts/coverage/coverage-page.ts';
import { readPublishedEndpoints } from '../../scripts/coverage/read-published-endpoints.ts';

const TABLE = [
  'api\tmethod\tpath\toperationId\tadded\tchanged\tdeprecated\tsummary',
  'client-server\tPUT\t/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}\tsendMessage\t\t\t\tSend.',
  'client-server\tGET\t/_matrix/client/v3/events\tgetEvents\t\t\t1.0\tListen.',
  'server-server\tGET\t/_matrix/key/v2/server\tgetServerKey\t\t\t\tKeys.',
  'identity\tGET\t/_matrix/identity/v2\tping\t\t\t\tPing.',
  '',
].join('\n');

test('columns are found by their names', () => {
  expect(readPublishedEndpoints(TABLE)[1]).toEqual({
    api: 'client-server',
    method: 'GET',
    path: '/_matrix/client/v3/events',
    operationId: 'getEvents',
    deprecated: true,
    summary: 'Listen.',
  });
  expect(() => readPublishedEndpoints('method\tpath')).toThrow('no column api');
});

test('routes match by the place of their parameters, and the rest is told apart', () => {
  const page = coveragePage(readPublishedEndpoints(TABLE), [
    { method: 'PUT', path: '/_matrix/client/v3/rooms/:roomId/send/:type/:txn', auth: 'user', source: 'rooms' },
    { method: 'GET', path: '/health', auth: 'none', source: 'core' },
  ]);
  expect(page).toContain('## Client-server API: 1 of 2');
  expect(page).toContain('| yes | PUT | `/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}` | sendMessage | rooms |');
  expect(page).toContain('| no | GET | `/_matrix/client/v3/events` | getEvents (deprecated) |  |');
  expect(page).toContain('## Server-server API: 0 of 1');
  expect(page).toContain('| GET | `/health` | none | core |');
  expect(page).not.toContain('identity');
});

test('the list of endpoints holds those of the server and those of its modules', async () => {
  const listed = await listEndpoints();
  expect(listed).toContainEqual({ method: 'GET', path: '/_matrix/client/v3/sync', auth: expect.any(String), source: 'sync' });
  expect(listed).toContainEqual({
    method: 'PUT',
    path: '/_matrix/client/v3/pushrules/global/:kind/:ruleId',
    auth: 'user',
    source: 'push-rules',
  });
  const routes = listed.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ':')}`);
  expect(new Set(routes).size).toBe(routes.length);
});

// The published table is no part of this repository: without it there is nothing to compare with.
const SPEC_DATA = process.env['MATRIX_SPEC_DATA'];

test.skipIf(SPEC_DATA === undefined)(
  'the page is up to date (skipped where MATRIX_SPEC_DATA names no data of the specification)',
  async () => {
    expect(readFileSync(COVERAGE_PAGE, 'utf8')).toBe(await readCoveragePage(SPEC_DATA ?? ''));
  },
);
