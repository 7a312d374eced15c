import type { EventId, RoomId } from '../ids/brands.ts';
import type { JsonObject } from '../json/json-value.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import type { Pdu } from './pdu.ts';
import { redactsOf } from './room-event-from-pdu.ts';

export interface ClientEventOptions {
  readonly eventId: EventId;
  /** Left out of events in `/sync`, where the room they stand under says it. */
  readonly roomId?: RoomId | undefined;
  readonly version: RoomVersion;
  /** What this server adds for this reader (`age`, `transaction_id`, `m.relations`, …); the sender's own `unsigned` is not passed on. */
  readonly unsigned?: JsonObject | undefined;
}

/**
 * The event as clients get it. A redaction names its target both in `content` and beside it, whatever its version, so that
 * older and newer clients find it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 * @see https://spec.matrix.org/v1.19/rooms/v11#moving-the-redacts-property-of-mroomredaction-events-to-a-content-property
 */
export function toClientEvent(pdu: Pdu, options: ClientEventOptions): JsonObject {
  const { eventId, roomId, version, unsigned } = options;
  const redacts = redactsOf(pdu, version);
  return {
    type: pdu.type,
    event_id: eventId,
    ...(roomId === undefined ? {} : { room_id: roomId }),
    sender: pdu.sender,
    origin_server_ts: pdu.origin_server_ts,
    ...(pdu.state_key === undefined ? {} : { state_key: pdu.state_key }),
    content: redacts === undefined ? pdu.content : { ...pdu.content, redacts },
    ...(redacts === undefined ? {} : { redacts }),
    ...(unsigned === undefined ? {} : { unsigned }),
  };
}

/**
 * The federation format, which a filter may ask for (`event_format: federation`): the PDU itself, plus what the server adds.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export function toFederationFormat(pdu: Pdu, unsigned?: JsonObject): JsonObject {
  return unsigned === undefined ? pdu : { ...pdu, unsigned };
}

/** The four fields that stripped state may have (https://spec.matrix.org/v1.19/client-server-api/#stripped-state). */
export function toStrippedEvent(pdu: Pdu): JsonObject {
  return { type: pdu.type, state_key: pdu.state_key, sender: pdu.sender, content: pdu.content };
}
