import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { RoomsPort, UsersPort } from '../../../plugin-api/ports.ts';
import type { Presence } from '../presence.ts';
import { parsePresence } from '../presence-state.ts';
import { STATUS_MSG_LENGTH_MAX } from '../receive-presence.ts';

export interface PresenceDeps {
  /** `null` when presence is switched off. */
  readonly presence: Presence | null;
  readonly rooms: Pick<RoomsPort, 'shareRoom'>;
  readonly users: Pick<UsersPort, 'isLocal' | 'exists'>;
}

const defineEndpoint = endpointFactory<PresenceDeps>();
const path = '/_matrix/client/v3/presence/:userId/status';

/** https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3presenceuseridstatus */
export const setPresence = defineEndpoint({
  method: 'PUT',
  path,
  auth: 'user',
  limit: 'presence',
  body: 'json',
  handler: ({ deps, requester, params: { userId }, body }) => {
    if (requester.userId !== userId) throw new MatrixError('M_FORBIDDEN', "Another user's presence can't be set");
    const wanted = parsePresence(body['presence']);
    if (wanted === null) throw new MatrixError('M_INVALID_PARAM', 'presence must be online, unavailable or offline');
    const statusMsg = body['status_msg'] ?? undefined;
    if (statusMsg !== undefined && (typeof statusMsg !== 'string' || statusMsg.length > STATUS_MSG_LENGTH_MAX)) {
      throw new MatrixError('M_INVALID_PARAM', `status_msg must be a string of at most ${STATUS_MSG_LENGTH_MAX} characters`);
    }
    deps.presence?.set(userId, wanted, { statusMsg: statusMsg === '' ? undefined : statusMsg });
    return {};
  },
});

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3presenceuseridstatus */
export const getPresence = defineEndpoint({
  method: 'GET',
  path,
  auth: 'user',
  handler: async ({ deps, requester, params: { userId } }) => {
    const { presence, rooms, users } = deps;
    if (requester.userId !== userId && !(await rooms.shareRoom(requester.userId, userId))) {
      throw new MatrixError('M_FORBIDDEN', 'You are not allowed to see their presence');
    }
    if (users.isLocal(userId) && !(await users.exists(userId))) throw new MatrixError('M_NOT_FOUND', 'There is no such user');
    return presence === null ? { presence: 'offline' } : presence.get(userId);
  },
});
