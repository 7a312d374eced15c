import { sha256 } from '../../core/crypto/sha256.ts';
import type { EventId } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import { NAME_BYTES_MAX } from './limits.ts';

export interface Relation {
  readonly relType: string;
  readonly parentId: EventId;
  /** SHA-256 of the key of an annotation, base64. Keys themselves are of any length and hold any character. */
  readonly key: string | null;
}

/**
 * The relation that an event's content declares; null when there is none or it is malformed (such ones are ignored).
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#forming-relationships-between-events
 */
export function relationOf(content: JsonObject): Relation | null {
  const relation = content['m.relates_to'];
  if (!isJsonObject(relation)) return null;
  const { rel_type: relType, event_id: parentId, key } = relation;
  if (!isName(relType) || !isName(parentId)) return null;
  const isKeyed = relType === 'm.annotation' && typeof key === 'string';
  return { relType, parentId: parentId as EventId, key: isKeyed ? sha256(key).toString('base64') : null };
}

/**
 * What an event must be in itself to replace another one; whom it may replace is decided with the other at hand.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#validity-of-replacement-events
 */
export function mayReplace(event: { type: string; stateKey: string | undefined }, content: JsonObject): boolean {
  // The new content of an encrypted event is inside what only clients can read.
  return event.stateKey === undefined && (event.type === 'm.room.encrypted' || isJsonObject(content['m.new_content']));
}

/** Text that the database can hold and index. */
function isName(value: unknown): value is string {
  return (
    typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= NAME_BYTES_MAX && !value.includes('\0') && value.isWellFormed()
  );
}
