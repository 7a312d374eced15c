import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import { parseSyncToken } from '../../../sync/sync-token.ts';
import type { E2eeDeps } from '../deps.ts';
import { deviceLists } from '../device-lists.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3keyschanges */
export const keysChanges = endpointFactory<E2eeDeps>()({
  method: 'GET',
  path: '/_matrix/client/v3/keys/changes',
  auth: 'user',
  async handler({ deps, requester, query }) {
    const from = position(query, 'from');
    const to = Math.min(position(query, 'to'), deps.commits.position);
    if (from >= to) return { changed: [], left: [] };
    const { userId } = requester;
    const membershipChanges = await deps.rooms.membershipChanges({ userId, from, to });
    return { ...(await deviceLists(deps, { userId, from, to, membershipChanges })) };
  },
});

function position(query: URLSearchParams, name: 'from' | 'to'): number {
  const raw = query.get(name);
  if (raw === null) throw new MatrixError('M_MISSING_PARAM', `Missing query parameter ${name}`);
  const token = parseSyncToken(raw);
  if (token === null) throw new MatrixError('M_INVALID_PARAM', `${name} is not a sync token`);
  return token.pos;
}
