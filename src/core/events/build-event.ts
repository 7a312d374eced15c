import { signText } from '../crypto/ed25519.ts';
import { sha256 } from '../crypto/sha256.ts';
import { addSignature } from '../crypto/sign-json.ts';
import { MatrixError } from '../errors/matrix-error.ts';
import type { EventId, RoomId, UserId } from '../ids/brands.ts';
import { fitsBytes } from '../ids/id-length.ts';
import type { JsonObject } from '../json/json-value.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { canonicalJsonOf, contentHash, essentialText, eventIdFromHash } from './event-hashes.ts';
import { PDU_BYTES_MAX } from './event-limits.ts';
import type { EventReference, Pdu } from './pdu.ts';
import type { RoomEvent } from './room-event.ts';
import { roomEventFromPdu } from './room-event-from-pdu.ts';
import type { EventSigner } from './sign-event.ts';

/** What the room engine decides about a new event. */
export interface EventTemplate {
  /** Left out for the create event of a version whose room ids are hashes. */
  readonly roomId?: RoomId;
  readonly type: string;
  readonly stateKey?: string | undefined;
  readonly sender: UserId;
  readonly content: JsonObject;
  /** Put where the room version wants it. */
  readonly redacts?: EventId | undefined;
  readonly depth: number;
  /** Milliseconds since 1970. */
  readonly originServerTs: number;
  readonly prevEvents: readonly EventId[];
  readonly authEvents: readonly EventId[];
}

export interface EventBuilding {
  readonly version: RoomVersion;
  readonly signer: EventSigner;
  /** Versions 1 and 2: a string that is unique on this server. */
  readonly eventIdLocalpart?: string;
  /** Versions 1 and 2: unpadded base64 of the reference hash of each event in `prevEvents` and `authEvents`. */
  readonly referenceHashOf?: (eventId: EventId) => string;
}

export interface BuiltEvent {
  readonly event: RoomEvent;
  /** Canonical text of `event.pdu`: what is stored and sent. */
  readonly json: string;
}

/**
 * Makes a complete event: hashed, signed, named. Clock and randomness are in the template and the options.
 *
 * @throws MatrixError `M_TOO_LARGE` beyond 65,536 bytes, `M_BAD_JSON` for content without a canonical form
 * @see https://spec.matrix.org/v1.19/server-server-api/#adding-hashes-and-signatures-to-outgoing-events
 */
export function buildEvent(template: EventTemplate, building: EventBuilding): BuiltEvent {
  const { version, signer } = building;
  const draft = draftOf(template, building);
  const hashed = { ...draft, hashes: { sha256: contentHash(draft, version) } };

  // The same text is signed and, as the reference hash, names the event.
  const essential = essentialText(hashed, version);
  const eventId = eventIdFromHash(hashed, version, () => sha256(essential));
  const pdu = { ...hashed, signatures: addSignature(undefined, signer, signText(essential, signer.key)) } as Pdu;

  const json = canonicalJsonOf(version)(pdu);
  if (!fitsBytes(json, PDU_BYTES_MAX)) throw new MatrixError('M_TOO_LARGE', `Event is larger than ${PDU_BYTES_MAX} bytes`);
  return { event: roomEventFromPdu(pdu, version, eventId), json };
}

function draftOf(template: EventTemplate, building: EventBuilding): JsonObject {
  const { version, signer } = building;
  const { roomId, stateKey, redacts } = template;
  const inContent = version.redactsIn === 'content';
  return {
    type: template.type,
    sender: template.sender,
    content: redacts !== undefined && inContent ? { ...template.content, redacts } : template.content,
    depth: template.depth,
    origin_server_ts: template.originServerTs,
    prev_events: referencesTo(template.prevEvents, building),
    auth_events: referencesTo(template.authEvents, building),
    ...(roomId === undefined ? {} : { room_id: roomId }),
    ...(stateKey === undefined ? {} : { state_key: stateKey }),
    ...(redacts === undefined || inContent ? {} : { redacts }),
    ...(version.eventIds === 'field' ? { event_id: `$${required(building.eventIdLocalpart, 'eventIdLocalpart')}:${signer.name}` } : {}),
  };
}

function referencesTo(ids: readonly EventId[], { version, referenceHashOf }: EventBuilding): EventReference[] {
  if (version.references === 'ids') return [...ids];
  const hashOf = required(referenceHashOf, 'referenceHashOf');
  return ids.map((id) => [id, { sha256: hashOf(id) }]);
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new TypeError(`This room version needs ${name}`);
  return value;
}
