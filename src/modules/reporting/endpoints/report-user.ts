import { Type } from 'typebox';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { Reason, reportingEndpoint } from './deps.ts';

/**
 * Anybody may report anybody. Whether a user of another server exists is not ours to say: such a report is kept.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3usersuseridreport
 */
export const reportUser = reportingEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/users/:userId/report',
  aliases: ['/_matrix/client/unstable/org.matrix.msc4260/users/:userId/report'],
  auth: 'user',
  body: Type.Object({ reason: Reason }),
  handler: async ({ deps, requester, params, body }) => {
    const { userId } = params;
    if (deps.users.isLocal(userId) && !(await deps.users.exists(userId))) throw new MatrixError('M_NOT_FOUND', 'The user was not found');
    await deps.store.add({
      receivedTs: deps.clock.now(),
      kind: 'user',
      reporter: requester.userId,
      roomId: null,
      eventId: null,
      userId,
      reason: body.reason,
    });
    return {};
  },
});
