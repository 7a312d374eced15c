import type { JsonObject } from '../../core/json/json-value.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import { contentOf } from './content-of.ts';

/** State that helps somebody outside to recognise a room, beside the member events that concern them. */
export const STRIPPED_STATE_TYPES = [
  'm.room.create',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.join_rules',
  'm.room.canonical_alias',
  'm.room.encryption',
] as const;

/**
 * The four properties that stripped state may have.
 * https://spec.matrix.org/v1.19/client-server-api/#stripped-state
 */
export function strippedEvent(event: StoredEvent): JsonObject {
  return { content: contentOf(event), sender: event.sender, state_key: event.stateKey ?? '', type: event.type };
}

/** Cuts what another server sent as stripped state down to those four properties; null when one of them is missing or malformed. */
export function pruneStripped(raw: JsonObject): JsonObject | null {
  const { content, sender, state_key: stateKey, type } = raw;
  if (typeof sender !== 'string' || typeof stateKey !== 'string' || typeof type !== 'string') return null;
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return null;
  return { content, sender, state_key: stateKey, type };
}
