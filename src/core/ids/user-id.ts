import type { RoomAlias, ServerName, UserId } from './brands.ts';
import { fitsBytes, ID_BYTES_MAX } from './id-length.ts';
import { isSigilId } from './sigil-id.ts';

/**
 * A user id as servers must accept it: historical localparts (any characters but `:` and NUL, even none) included.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#historical-user-ids
 */
export function parseUserId(raw: unknown): UserId | null {
  return isSigilId(raw, '@') ? (raw as UserId) : null;
}

const NEW_LOCALPART = /^[a-z0-9._=\-/+]+$/;

/**
 * Whether a new account may have this localpart on this server.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#user-identifiers
 */
export function isLocalpartValid(localpart: string, serverName: ServerName): boolean {
  return NEW_LOCALPART.test(localpart) && fitsBytes(`@${localpart}:${serverName}`, ID_BYTES_MAX);
}

/** The id of a user of this server, or null where `isLocalpartValid` refuses. */
export function makeUserId(localpart: string, serverName: ServerName): UserId | null {
  return isLocalpartValid(localpart, serverName) ? (`@${localpart}:${serverName}` as UserId) : null;
}

const COMPLIANT_LOCALPART = /^[\u0021-\u007e]+$/;

/** False for historical ids that must not be forwarded to clients outside of events (https://spec.matrix.org/v1.19/appendices/#historical-user-ids). */
export function isCompliantUserId(userId: UserId): boolean {
  return COMPLIANT_LOCALPART.test(localpartOf(userId));
}

/** The homeserver that allocated a user id or alias. Localparts have no colon, so the first one ends it. */
export function serverNameOf(id: UserId | RoomAlias): ServerName {
  return id.slice(id.indexOf(':') + 1) as ServerName;
}

export function localpartOf(id: UserId | RoomAlias): string {
  return id.slice(1, id.indexOf(':'));
}
