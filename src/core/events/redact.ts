import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import type { RedactionRules } from '../room-versions/redaction-rules.ts';

/**
 * The event without everything that the protocol does not need. What is left is what signatures and reference hashes cover,
 * so they stay valid when an event is redacted. Idempotent. `unsigned` is dropped too.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#redactions and the section "Redactions" of each room version
 */
export function redact<T extends JsonObject>(pdu: T, version: RoomVersion): T {
  const rules = version.redaction;
  const kept: JsonObject = pick(pdu, rules.topLevel);
  if (Object.hasOwn(pdu, 'content')) kept['content'] = redactContent(pdu, rules);
  // Redaction only removes: every key that T requires is in the list of each version.
  return kept as T;
}

function redactContent(pdu: JsonObject, rules: RedactionRules): JsonObject {
  const { type, content } = pdu;
  if (typeof type !== 'string' || !isJsonObject(content)) return {};
  const keys = rules.content.get(type);
  if (keys === undefined) return {};
  if (keys === 'all') return content;

  const kept = pick(content, keys);
  if (rules.thirdPartyInviteSigned && type === 'm.room.member' && isJsonObject(content['third_party_invite'])) {
    kept['third_party_invite'] = pick(content['third_party_invite'], ['signed']);
  }
  return kept;
}

function pick(object: JsonObject, keys: readonly string[]): JsonObject {
  const kept: { [key: string]: JsonValue } = {};
  for (const key of keys) {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}
