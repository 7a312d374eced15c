import type { ServerName } from '../../core/ids/brands.ts';
import { parseUserId, serverNameOf } from '../../core/ids/user-id.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import type { Presence } from './presence.ts';
import { parsePresence } from './presence-state.ts';

/** Users taken from one EDU; the rest is ignored. */
const EDU_USERS_MAX = 1000;
/** Characters of a status message. */
export const STATUS_MSG_LENGTH_MAX = 2048;

/** https://spec.matrix.org/v1.19/server-server-api/#presence */
export function receivePresence(presence: Presence, content: JsonObject, origin: ServerName, now: number): void {
  const { push } = content;
  if (!Array.isArray(push)) return;
  for (const update of push.slice(0, EDU_USERS_MAX)) {
    if (!isJsonObject(update)) continue;
    const userId = parseUserId(update['user_id']);
    const wanted = parsePresence(update['presence']);
    if (userId === null || wanted === null || serverNameOf(userId) !== origin) continue;
    const { status_msg: statusMsg, last_active_ago: ago } = update;
    presence.set(userId, wanted, {
      statusMsg: typeof statusMsg === 'string' ? statusMsg.slice(0, STATUS_MSG_LENGTH_MAX) : undefined,
      lastActive: now - (typeof ago === 'number' && ago >= 0 ? ago : 0),
    });
  }
}
