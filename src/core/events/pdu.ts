import type { JsonObject, JsonValue } from '../json/json-value.ts';

/** `prev_events` / `auth_events` entry: `[event_id, { sha256 }]` in versions 1 and 2, the event id from version 3. */
export type EventReference = string | [string, { sha256: string }];

/** A persistent data unit exactly as it is signed, stored and sent to servers. Unknown keys are kept. */
export interface Pdu extends JsonObject {
  type: string;
  sender: string;
  /** Absent only on `m.room.create` from version 12 on. */
  room_id?: string;
  state_key?: string;
  content: JsonObject;
  depth: number;
  origin_server_ts: number;
  prev_events: JsonValue[] & EventReference[];
  auth_events: JsonValue[] & EventReference[];
  hashes: { sha256: string };
  signatures: { [server: string]: { [keyId: string]: string } };
  unsigned?: JsonObject;
  /** Versions 1 to 10 only; in `content` since 11. */
  redacts?: string;
  /** Versions 1 and 2 only. */
  event_id?: string;
}
