import type { EventId } from './brands.ts';
import { fitsBytes, ID_BYTES_MAX } from './id-length.ts';
import { isOpaque, isSigilId } from './sigil-id.ts';

/**
 * An event id of any room version, as an opaque string of at most 255 bytes after the sigil `$`.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#event-ids
 */
export function parseEventId(raw: unknown): EventId | null {
  return isEventId(raw) ? raw : null;
}

function isEventId(raw: unknown): raw is EventId {
  return typeof raw === 'string' && raw.length > 1 && raw[0] === '$' && fitsBytes(raw, ID_BYTES_MAX) && isOpaque(raw);
}

/** The form of versions 1 and 2: `$opaque:domain` (https://spec.matrix.org/v1.19/rooms/v1#event-ids). */
export function isEventIdWithDomain(raw: unknown): raw is EventId {
  return isSigilId(raw, '$');
}

/** Domain part of an event id of versions 1 and 2; null where there is none. */
export function eventIdDomain(eventId: string): string | null {
  const colon = eventId.indexOf(':');
  return colon === -1 ? null : eventId.slice(colon + 1);
}
