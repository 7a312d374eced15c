import { decodeBase64, encodeBase64, encodeBase64Url } from '../crypto/base64.ts';
import { sha256 } from '../crypto/sha256.ts';
import { signedText } from '../crypto/sign-json.ts';
import type { EventId } from '../ids/brands.ts';
import { canonicalJson, canonicalJsonLax } from '../json/canonical-json.ts';
import { isJsonObject, type JsonObject } from '../json/json-value.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import type { Pdu } from './pdu.ts';
import { redact } from './redact.ts';

/**
 * SHA-256 over the whole event but `unsigned`, `signatures` and `hashes`, in unpadded base64.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#calculating-the-content-hash-for-an-event
 */
export function contentHash(pdu: JsonObject, version: RoomVersion): string {
  const { unsigned: _unsigned, signatures: _signatures, hashes: _hashes, ...covered } = pdu;
  return encodeBase64(sha256(canonicalJsonOf(version)(covered)));
}

/** Whether `hashes.sha256` is the event's content hash. Where it is not, the event is treated as its redacted form. */
export function hasValidContentHash(pdu: JsonObject, version: RoomVersion): boolean {
  const claimed = isJsonObject(pdu['hashes']) ? decodeBase64(pdu['hashes']['sha256']) : null;
  return claimed !== null && encodeBase64(claimed) === contentHash(pdu, version);
}

/**
 * SHA-256 over the redacted event without `signatures` and `unsigned`: names the event, and stays when it is redacted.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#calculating-the-reference-hash-for-an-event
 */
export function referenceHash(pdu: JsonObject, version: RoomVersion): Buffer {
  return sha256(essentialText(pdu, version));
}

/** The text that both the reference hash and the signatures of an event cover. */
export function essentialText(pdu: JsonObject, version: RoomVersion): string {
  return signedText(redact(pdu, version), canonicalJsonOf(version));
}

/** The event's id: its own field in versions 1 and 2, its reference hash since 3 (see "Event IDs" of each room version). */
export function eventIdOf(pdu: Pdu, version: RoomVersion): EventId {
  return eventIdFromHash(pdu, version, () => referenceHash(pdu, version));
}

/** `eventIdOf` for a caller that has the reference hash at hand. */
export function eventIdFromHash(pdu: JsonObject, version: RoomVersion, hash: () => Uint8Array): EventId {
  switch (version.eventIds) {
    case 'field':
      return pdu['event_id'] as EventId;
    case 'base64':
      return `$${encodeBase64(hash())}` as EventId;
    case 'base64url':
      return `$${encodeBase64Url(hash())}` as EventId;
  }
}

/** The serialiser whose number rules the version enforces. */
export function canonicalJsonOf(version: RoomVersion): (value: JsonObject) => string {
  return version.strictCanonicalJson ? canonicalJson : canonicalJsonLax;
}
