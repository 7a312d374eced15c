import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3account3pid */
export const getThreepids = accountEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/account/3pid',
  auth: 'user',
  handler: async ({ deps, requester }) => {
    const threepids = await deps.accounts.reader.threepids(requester.userId);
    return {
      threepids: threepids.map(({ medium, address, validatedTs, addedTs }) => ({
        medium,
        address,
        validated_at: validatedTs,
        added_at: addedTs,
      })),
    };
  },
});
