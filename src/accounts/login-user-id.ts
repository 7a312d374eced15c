import type { ServerName, UserId } from '../core/ids/brands.ts';
import { parseUserId, serverNameOf } from '../core/ids/user-id.ts';

/**
 * The local user that a sign-in names by user id or localpart; null for users of other servers and malformed ids.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#matrix-user-id
 */
export function loginUserId(login: string, serverName: ServerName): UserId | null {
  const userId = parseUserId(login.startsWith('@') ? login : `@${login}:${serverName}`);
  return userId !== null && serverNameOf(userId) === serverName ? userId : null;
}
