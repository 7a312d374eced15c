import { MatrixError } from '../../core/errors/matrix-error.ts';
import { parseRoomId } from '../../core/ids/room-id.ts';
import { isOpaque } from '../../core/ids/sigil-id.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json-value.ts';
import { KEYS_PER_REQUEST_MAX, SESSION_DATA_BYTES_MAX } from './limits.ts';
import type { BackedUpKey } from './store.ts';

/**
 * `{ rooms: { <room>: { sessions: { <session>: key } } } }`
 *
 * @throws MatrixError `M_BAD_JSON`, `M_INVALID_PARAM`, `M_TOO_LARGE`
 */
export function parseRooms(body: JsonObject): BackedUpKey[] {
  if (!isJsonObject(body['rooms'])) throw new MatrixError('M_BAD_JSON', 'rooms is not an object');
  return limited(Object.entries(body['rooms']).flatMap(([roomId, room]) => sessionsOf(roomId, room)));
}

/** `{ sessions: { <session>: key } }` of one room. */
export function parseRoom(roomId: string, body: JsonObject): BackedUpKey[] {
  return limited(sessionsOf(roomId, body));
}

/** @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeysroomidsessionid */
export function parseKey(roomId: string, sessionId: string, value: JsonValue | undefined): BackedUpKey {
  if (parseRoomId(roomId) === null) throw new MatrixError('M_INVALID_PARAM', 'Not a room id');
  if (sessionId === '' || sessionId.length > 255 || !isOpaque(sessionId)) throw new MatrixError('M_INVALID_PARAM', 'Not a session id');
  if (!isJsonObject(value)) throw new MatrixError('M_BAD_JSON', 'A key is not an object');
  const { first_message_index: index, forwarded_count: forwarded, is_verified: isVerified, session_data: data } = value;
  if (!isIndex(index) || !isIndex(forwarded) || typeof isVerified !== 'boolean' || !isJsonObject(data))
    throw new MatrixError('M_BAD_JSON', 'A key needs first_message_index, forwarded_count, is_verified and session_data');
  const sessionData = JSON.stringify(data);
  if (Buffer.byteLength(sessionData) > SESSION_DATA_BYTES_MAX)
    throw new MatrixError('M_TOO_LARGE', `session_data has more than ${SESSION_DATA_BYTES_MAX} bytes`);
  return { roomId, sessionId, firstMessageIndex: index, forwardedCount: forwarded, isVerified, sessionData };
}

/** One key as JSON text; a backup can be large, and its parts are never looked into. */
export function keyText(key: BackedUpKey): string {
  const { firstMessageIndex, forwardedCount, isVerified, sessionData } = key;
  return `{"first_message_index":${firstMessageIndex},"forwarded_count":${forwardedCount},"is_verified":${isVerified},"session_data":${sessionData}}`;
}

/** `{ "sessions": … }` */
export function roomText(keys: readonly BackedUpKey[]): string {
  return `{"sessions":{${keys.map((key) => `${JSON.stringify(key.sessionId)}:${keyText(key)}`).join()}}}`;
}

/** `{ "rooms": … }` of keys that are ordered by room. */
export function roomsText(keys: readonly BackedUpKey[]): string {
  const rooms = new Map<string, BackedUpKey[]>();
  for (const key of keys) {
    const room = rooms.get(key.roomId);
    if (room === undefined) rooms.set(key.roomId, [key]);
    else room.push(key);
  }
  return `{"rooms":{${[...rooms].map(([roomId, room]) => `${JSON.stringify(roomId)}:${roomText(room)}`).join()}}}`;
}

function sessionsOf(roomId: string, room: JsonValue | undefined): BackedUpKey[] {
  const sessions = isJsonObject(room) ? room['sessions'] : undefined;
  if (!isJsonObject(sessions)) throw new MatrixError('M_BAD_JSON', 'sessions is not an object');
  return Object.entries(sessions).map(([sessionId, key]) => parseKey(roomId, sessionId, key));
}

function limited(keys: BackedUpKey[]): BackedUpKey[] {
  if (keys.length > KEYS_PER_REQUEST_MAX) throw new MatrixError('M_TOO_LARGE', `More than ${KEYS_PER_REQUEST_MAX} keys in one request`);
  return keys;
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
