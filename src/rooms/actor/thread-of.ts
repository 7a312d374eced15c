import type { EventId } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';

/**
 * Number of the root of the thread that an event belongs to; null for the main timeline. A thread reply names its root; an edit, a
 * reaction or another relation belongs where its parent belongs.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#threading
 */
export function threadOf(content: JsonObject, byId: ReadonlyMap<EventId, StoredEvent>): number | null {
  const relation = content['m.relates_to'];
  if (!isJsonObject(relation) || typeof relation['event_id'] !== 'string') return null;
  const parent = byId.get(relation['event_id'] as EventId);
  if (parent === undefined) return null;
  if (relation['rel_type'] === 'm.thread') return parent.thread ?? parent.num;
  return typeof relation['rel_type'] === 'string' ? parent.thread : null;
}
