import { Type } from 'typebox';
import { canonicalAddress } from '../../../accounts/login-identifier.ts';
import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3account3piddelete */
export const deleteThreepid = accountEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/account/3pid/delete',
  auth: 'user',
  body: Type.Object({ medium: Type.String(), address: Type.String() }),
  handler: async ({ deps, body, requester }) => {
    const { medium } = body;
    const address = canonicalAddress(medium, body.address);
    await deps.accounts.transactor.deleteThreepid({ medium, address, userId: requester.userId });
    return { id_server_unbind_result: 'no-support' };
  },
});
