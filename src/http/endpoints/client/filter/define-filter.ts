import { createHash } from 'node:crypto';
import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { parseSyncFilter } from '../../../../core/filters/parse-filter.ts';
import { canonicalJson } from '../../../../core/json/canonical-json.ts';
import { endpointFactory } from '../../../../plugin-api/endpoint.ts';
import { FILTERS_PER_USER_MAX } from '../../../../storage/filters/filter-store.ts';
import type { FilterDeps } from './filter-deps.ts';

/** Largest stored filter, bytes. */
const FILTER_BYTES_MAX = 65_536;
/** Characters of a filter id: 96 bits of the hash. */
const FILTER_ID_LENGTH = 16;

/**
 * Stores a filter. The same filter stored twice has the same id.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 */
export const defineFilter = endpointFactory<FilterDeps>()({
  method: 'POST',
  path: '/_matrix/client/v3/user/:userId/filter',
  auth: 'guest',
  body: 'json',
  bodyLimit: FILTER_BYTES_MAX,
  whileSuspended: true,
  handler: async ({ deps, requester, params, body }) => {
    if (params.userId !== requester.userId) throw new MatrixError('M_FORBIDDEN', 'Filters can be stored for yourself only');
    parseSyncFilter(body);
    const json = canonicalJson(body);
    const filterId = createHash('sha256').update(json).digest('base64url').slice(0, FILTER_ID_LENGTH);
    if (!(await deps.filters.write({ userId: requester.userId, filterId, json }))) {
      throw new MatrixError('M_RESOURCE_LIMIT_EXCEEDED', `An account can store ${FILTERS_PER_USER_MAX} filters`);
    }
    return { filter_id: filterId };
  },
});
