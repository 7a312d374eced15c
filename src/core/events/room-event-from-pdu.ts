import type { EventId, RoomId, UserId } from '../ids/brands.ts';
import { parseEventId } from '../ids/event-id.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { eventIdOf } from './event-hashes.ts';
import type { EventReference, Pdu } from './pdu.ts';
import type { RoomEvent } from './room-event.ts';

/**
 * Reads a PDU whose format has been checked (`checkEventFormat`).
 *
 * @param eventId saves the hash, when the id is known (an event from our own store)
 */
export function roomEventFromPdu(pdu: Pdu, version: RoomVersion, eventId: EventId = eventIdOf(pdu, version)): RoomEvent {
  return {
    eventId,
    roomId: roomIdOf(pdu, version, eventId),
    type: pdu.type,
    stateKey: pdu.state_key,
    sender: pdu.sender as UserId,
    content: pdu.content,
    originServerTs: pdu.origin_server_ts,
    depth: pdu.depth,
    prevEvents: pdu.prev_events.map(referencedId),
    authEvents: pdu.auth_events.map(referencedId),
    redacts: redactsOf(pdu, version),
    pdu,
  };
}

/** Since version 12 the create event carries no room id: it is its own id with another sigil (https://spec.matrix.org/v1.19/appendices/#room-ids). */
function roomIdOf(pdu: Pdu, version: RoomVersion, eventId: EventId): RoomId {
  if (version.roomIds === 'createHash' && pdu.type === 'm.room.create') return roomIdFromCreate(eventId);
  return pdu.room_id as RoomId;
}

/** `!hash` of `$hash`. */
export function roomIdFromCreate(createEventId: EventId): RoomId {
  return `!${createEventId.slice(1)}` as RoomId;
}

/** Target of a redaction; undefined for other types and where it is no event id. */
export function redactsOf(pdu: Pdu, version: RoomVersion): EventId | undefined {
  if (pdu.type !== 'm.room.redaction') return undefined;
  const redacts = version.redactsIn === 'content' ? pdu.content['redacts'] : pdu.redacts;
  return parseEventId(redacts) ?? undefined;
}

function referencedId(reference: EventReference): EventId {
  return (typeof reference === 'string' ? reference : reference[0]) as EventId;
}
