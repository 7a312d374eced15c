import type { EventId, RoomId, UserId } from '../core/ids/brands.ts';

/** Bits of `StoredEvent.flags`. */
export const EVENT_FLAG = {
  /** Failed the auth rules: never shown, never state, never an extremity. */
  rejected: 1,
  /** Failed auth against the current state on receipt: never shown, never an extremity. */
  softFailed: 2,
  /** Known only because another event names it; outside the DAG that we hold. */
  outlier: 4,
  /** The content was redacted; `json` holds the redacted form. */
  redacted: 8,
  /** Only an id so far: another event names it and nothing else is known. */
  stub: 16,
  /** With `rejected`: its auth events allowed it, the state before it did not. */
  rejectedByState: 32,
} as const;

/**
 * One event as the store holds it. Immutable: a redaction makes a new object.
 * Numbers are small integers that mean something only inside this server.
 */
export interface StoredEvent {
  readonly roomNid: number;
  readonly roomId: RoomId;
  readonly eventId: EventId;
  /** Number of the event inside its room. */
  readonly num: number;
  /** Arrival order inside the room; negative for backfilled events; null for outliers, rejected and soft-failed ones. */
  readonly seq: number | null;
  /** Position in the commit log. */
  readonly pos: number;
  readonly depth: number;
  /** origin_server_ts, ms */
  readonly ts: number;
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: UserId;
  /** State group after the event; null where nobody needed it yet (backfill). */
  readonly sg: number | null;
  /** State group of the room's current state once this event was stored, when resolution made it differ from `sg`. */
  readonly headSg: number | null;
  readonly flags: number;
  /** How many events of the room up to and including this one notify an ordinary member under the default push rules. */
  readonly ncum: number;
  /** The same, counted inside the event's thread (or the main timeline). */
  readonly tcum: number;
  /** `num` of the thread root; null for the main timeline. */
  readonly thread: number | null;
  readonly prev: readonly number[];
  readonly auth: readonly number[];
  /** The PDU as canonical JSON text, without `unsigned`. */
  readonly json: string;
  /** Event that this state event replaced (`num`), null when it was the first of its key or is not state. */
  readonly replaces: number | null;
}
