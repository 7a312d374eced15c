import { requireAccount } from '../../../accounts/accounts-service.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { accountEndpoint } from '../account-endpoint.ts';

/** @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3adminwhoisuserid */
export const whois = accountEndpoint({
  method: 'GET',
  path: '/_matrix/client/v3/admin/whois/:userId',
  aliases: ['/_synapse/admin/v1/whois/:userId'],
  auth: 'user',
  handler: async ({ deps, params, requester }) => {
    const { userId } = params;
    if (!requester.isAdmin && requester.userId !== userId) throw new MatrixError('M_FORBIDDEN', 'You may only look up yourself');
    await requireAccount(deps.accounts, userId);
    const devices = await deps.accounts.deviceRegistry.list(userId);
    return {
      user_id: userId,
      devices: Object.fromEntries(
        devices.map(({ deviceId, lastSeenIp, lastSeenTs, lastSeenAgent }) => {
          const seen = lastSeenTs === null ? [] : [{ ip: lastSeenIp ?? '', last_seen: lastSeenTs, user_agent: lastSeenAgent ?? '' }];
          return [deviceId, { sessions: [{ connections: seen }] }];
        }),
      ),
    };
  },
});
