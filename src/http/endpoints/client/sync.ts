import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { endpointFactory, reply } from '../../../plugin-api/endpoint.ts';
import type { SyncInput, SyncService } from '../../../sync/sync-service.ts';
import type { StateKey } from '../../../sync/write-response.ts';

const UNSTABLE_STATE_AFTER = 'org.matrix.msc4222';

/**
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export const sync = endpointFactory<{ readonly sync: SyncService }>()({
  method: 'GET',
  path: '/_matrix/client/v3/sync',
  auth: 'guest',
  handler: async ({ deps, requester, query, request }) => {
    const text = await deps.sync.sync({
      userId: requester.userId,
      deviceId: requester.deviceId,
      txnScope: requester.deviceId ?? `token:${requester.tokenId}`,
      isGuest: requester.isGuest,
      since: query.get('since'),
      filter: query.get('filter'),
      fullState: readFlag(query, 'full_state'),
      setPresence: readPresence(query.get('set_presence')),
      timeoutMs: readTimeout(query.get('timeout')),
      stateKeys: readStateKeys(query),
      signal: request.signal,
    });
    return reply({ status: 200, body: text });
  },
});

function readFlag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null || value === 'false') return false;
  if (value === 'true') return true;
  throw new MatrixError('M_INVALID_PARAM', `${name} must be true or false`);
}

function readPresence(value: string | null): SyncInput['setPresence'] {
  if (value === null) return 'online';
  if (value === 'online' || value === 'unavailable' || value === 'offline') return value;
  throw new MatrixError('M_INVALID_PARAM', 'set_presence must be online, unavailable or offline');
}

function readTimeout(value: string | null): number {
  if (value === null || value === '') return 0;
  if (!/^\d{1,15}$/.test(value)) throw new MatrixError('M_INVALID_PARAM', 'timeout must be a number of milliseconds');
  return Number(value);
}

function readStateKeys(query: URLSearchParams): readonly StateKey[] {
  const keys: StateKey[] = [];
  if (readFlag(query, 'use_state_after')) keys.push('state_after');
  if (readFlag(query, `${UNSTABLE_STATE_AFTER}.use_state_after`)) keys.push(`${UNSTABLE_STATE_AFTER}.state_after`);
  return keys.length > 0 ? keys : ['state'];
}
