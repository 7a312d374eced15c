import { expect, test } from 'vitest';
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
    { method: 'PUT', path: '/_matrix/client/v3/rooms/:roomId/send/:type/:txn', auth: 'user', source: 'src/http/send.ts' },
    { method: 'GET', path: '/health', auth: 'none', source: 'src/http/health.ts' },
  ]);
  expect(page).toContain('## Client-server API: 1 of 2');
  expect(page).toContain('| yes | PUT | `/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}` | sendMessage | `src/http/send.ts` |');
  expect(page).toContain('| no | GET | `/_matrix/client/v3/events` | getEvents (deprecated) |  |');
  expect(page).toContain('## Server-server API: 0 of 1');
  expect(page).toContain('| GET | `/health` | none | `src/http/health.ts` |');
  expect(page).not.toContain('identity');
});
