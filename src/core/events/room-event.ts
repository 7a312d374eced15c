import type { EventId, RoomId, UserId } from '../ids/brands.ts';
import type { JsonObject } from '../json/json-value.ts';
import type { Pdu } from './pdu.ts';

/**
 * An event as the pure rules (auth, state resolution, visibility, push) see it: the fields of the PDU plus what is
 * derived from it. Immutable; made by `roomEventFromPdu`.
 */
export interface RoomEvent {
  readonly eventId: EventId;
  /** From version 12 on the room id of the create event is derived from its own event id. */
  readonly roomId: RoomId;
  readonly type: string;
  /** `undefined` for events that are not state. */
  readonly stateKey: string | undefined;
  readonly sender: UserId;
  readonly content: JsonObject;
  readonly originServerTs: number;
  readonly depth: number;
  readonly prevEvents: readonly EventId[];
  readonly authEvents: readonly EventId[];
  /** Target of a redaction, wherever the room version keeps it. */
  readonly redacts: EventId | undefined;
  readonly pdu: Pdu;
}
