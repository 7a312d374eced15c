import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import { checkJoined, fullyReadUpTo, readUpTo } from '../read-up-to.ts';
import { defineEndpoint } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreceiptreceipttypeeventid */
export const postReceipt = defineEndpoint({
  method: 'POST',
  path: '/_matrix/client/v3/rooms/:roomId/receipt/:receiptType/:eventId',
  auth: 'user',
  limit: 'presence',
  body: 'json',
  bodyOptional: true,
  whileSuspended: true,
  handler: async ({ deps, requester: { userId }, params: { roomId, receiptType, eventId }, body }) => {
    const threadId = threadIdIn(body);
    await checkJoined(deps, roomId, userId);
    switch (receiptType) {
      case 'm.fully_read':
        if (threadId !== null) throw new MatrixError('M_INVALID_PARAM', 'm.fully_read takes no thread_id');
        await fullyReadUpTo(deps, { roomId, userId, eventId });
        return {};
      case 'm.read':
      case 'm.read.private':
        await readUpTo(deps, { roomId, userId, type: receiptType, eventId, threadId });
        return {};
      default:
        throw new MatrixError('M_INVALID_PARAM', `${receiptType} is no type of receipt`);
    }
  },
});

function threadIdIn(body: JsonObject): string | null {
  const threadId = body['thread_id'];
  if (threadId === undefined) return null;
  if (typeof threadId !== 'string' || threadId === '') throw new MatrixError('M_INVALID_PARAM', 'thread_id must be a non-empty string');
  return threadId;
}
