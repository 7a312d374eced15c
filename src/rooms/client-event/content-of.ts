import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';

/** Parsed contents live as long as their events: a redaction makes a new event, so an entry is never out of date. */
const parsed = new WeakMap<StoredEvent, JsonObject>();

/** The event's content; parsed at most once. Do not modify. */
export function contentOf(event: StoredEvent): JsonObject {
  const known = parsed.get(event);
  if (known !== undefined) return known;
  const pdu: unknown = JSON.parse(event.json);
  if (!isJsonObject(pdu) || !isJsonObject(pdu['content'])) throw new Error(`stored event ${event.eventId} has no content`);
  parsed.set(event, pdu['content']);
  return pdu['content'];
}

/** A string property of the content; undefined when it is absent or something else. */
export function contentString(event: StoredEvent, key: string): string | undefined {
  const content = contentOf(event);
  const value = Object.hasOwn(content, key) ? content[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
