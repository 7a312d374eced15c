import { fitsBytes } from '../ids/id-length.ts';
import { isEventIdWithDomain, parseEventId } from '../ids/event-id.ts';
import { isHashRoomId, isRoomIdWithDomain } from '../ids/room-id.ts';
import { parseUserId } from '../ids/user-id.ts';
import { CanonicalJsonError } from '../json/canonical-json.ts';
import { isJsonObject, type JsonObject } from '../json/json-value.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { canonicalJsonOf } from './event-hashes.ts';
import { AUTH_EVENTS_MAX, EVENT_FIELD_BYTES_MAX, PDU_BYTES_MAX, PREV_EVENTS_MAX } from './event-limits.ts';
import type { Pdu } from './pdu.ts';

export type EventFormat = { ok: true; pdu: Pdu; json: string } | { ok: false; reason: string };

/**
 * The first check on receipt: an event that does not have the format of its room version is dropped.
 * Answers the event as a `Pdu`, with its canonical text. Does not look at signatures, hashes or the meaning of `content`.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu check 1
 * @see https://spec.matrix.org/v1.19/client-server-api/#size-limits
 */
export function checkEventFormat(raw: unknown, version: RoomVersion): EventFormat {
  if (!isJsonObject(raw)) return { ok: false, reason: 'the event is not an object' };
  for (const check of FIELD_CHECKS) {
    const reason = check(raw, version);
    if (reason !== null) return { ok: false, reason };
  }
  const pdu = raw as Pdu;
  try {
    const json = canonicalJsonOf(version)(pdu);
    return fitsBytes(json, PDU_BYTES_MAX)
      ? { ok: true, pdu, json }
      : { ok: false, reason: `the event is larger than ${PDU_BYTES_MAX} bytes` };
  } catch (error) {
    if (error instanceof CanonicalJsonError) return { ok: false, reason: error.message };
    throw error;
  }
}

/** Answers what is wrong, or null. */
type FieldCheck = (raw: JsonObject, version: RoomVersion) => string | null;

const FIELD_CHECKS: readonly FieldCheck[] = [
  (raw) => (isStorableField(raw['type']) ? null : 'type is not a string of at most 255 bytes without NUL'),
  (raw) =>
    raw['state_key'] === undefined || isStorableField(raw['state_key'])
      ? null
      : 'state_key is not a string of at most 255 bytes without NUL',
  (raw) => (parseUserId(raw['sender']) === null ? 'sender is not a user id' : null),
  checkRoomId,
  checkEventId,
  (raw) => (isJsonObject(raw['content']) ? null : 'content is not an object'),
  checkDepth,
  (raw, version) => (isInteger(raw['origin_server_ts'], version) ? null : 'origin_server_ts is not an integer'),
  (raw) => (isJsonObject(raw['hashes']) && typeof raw['hashes']['sha256'] === 'string' ? null : 'hashes has no sha256'),
  (raw) => (isSignatures(raw['signatures']) ? null : 'signatures is not an object of objects of strings'),
  (raw) => (raw['unsigned'] === undefined || isJsonObject(raw['unsigned']) ? null : 'unsigned is not an object'),
  (raw, version) => checkReferences(raw['prev_events'], 'prev_events', PREV_EVENTS_MAX, version),
  (raw, version) => checkReferences(raw['auth_events'], 'auth_events', AUTH_EVENTS_MAX, version),
  (raw, version) =>
    version.redactsIn === 'content' || raw['redacts'] === undefined || typeof raw['redacts'] === 'string'
      ? null
      : 'redacts is not a string',
];

/** NUL is allowed by the specification, but the store's text columns and state tuples cannot hold it. */
function isStorableField(value: unknown): boolean {
  return typeof value === 'string' && fitsBytes(value, EVENT_FIELD_BYTES_MAX) && !value.includes('\0');
}

function checkRoomId(raw: JsonObject, version: RoomVersion): string | null {
  const roomId = raw['room_id'];
  if (version.roomIds === 'domain') return isRoomIdWithDomain(roomId) ? null : 'room_id is not a room id with a domain';
  // The create event of such a version has none; that it has none is an authorisation rule.
  if (raw['type'] === 'm.room.create' && roomId === undefined) return null;
  return isHashRoomId(roomId) ? null : 'room_id is not the hash of an event';
}

function checkEventId(raw: JsonObject, version: RoomVersion): string | null {
  if (version.eventIds !== 'field') return null;
  return isEventIdWithDomain(raw['event_id']) ? null : 'event_id is not an event id with a domain';
}

/** Integers of versions 1 to 5 are 64-bit. Their largest one, 2^63−1, has no double of its own, so its hash could not be checked. */
const INT64_END = 2 ** 63;

function checkDepth(raw: JsonObject, version: RoomVersion): string | null {
  const depth = raw['depth'];
  return isInteger(depth, version) && depth >= 0 ? null : 'depth is not a non-negative integer';
}

function isInteger(value: unknown, version: RoomVersion): value is number {
  if (version.strictCanonicalJson) return Number.isSafeInteger(value);
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < INT64_END;
}

function isSignatures(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  return Object.values(value).every(
    (byKey) => isJsonObject(byKey) && Object.values(byKey).every((signature) => typeof signature === 'string'),
  );
}

function checkReferences(value: unknown, name: string, max: number, version: RoomVersion): string | null {
  if (!Array.isArray(value)) return `${name} is not an array`;
  if (value.length > max) return `${name} has more than ${max} entries`;
  const isReference = version.references === 'pairs' ? isHashedReference : isPlainReference;
  return value.every(isReference) ? null : `${name} has an entry that is not an event reference`;
}

function isPlainReference(entry: unknown): boolean {
  return parseEventId(entry) !== null;
}

function isHashedReference(entry: unknown): boolean {
  return Array.isArray(entry) && entry.length === 2 && parseEventId(entry[0]) !== null && isJsonObject(entry[1]);
}
