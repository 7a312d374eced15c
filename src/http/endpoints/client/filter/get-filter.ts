import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { endpointFactory, reply } from '../../../../plugin-api/endpoint.ts';
import type { FilterDeps } from './filter-deps.ts';

/**
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridfilterfilterid
 */
export const getFilter = endpointFactory<FilterDeps>()({
  method: 'GET',
  path: '/_matrix/client/v3/user/:userId/filter/:filterId',
  auth: 'guest',
  handler: async ({ deps, requester, params }) => {
    if (params.userId !== requester.userId) throw new MatrixError('M_FORBIDDEN', 'Filters can be read by their owner only');
    const json = await deps.filters.read(requester.userId, params.filterId);
    if (json === null) throw new MatrixError('M_NOT_FOUND', 'There is no filter of this id');
    return reply({ status: 200, body: json });
  },
});
