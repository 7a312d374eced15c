/** Size of a whole event as canonical JSON, signatures included, in bytes (https://spec.matrix.org/v1.19/client-server-api/#size-limits). */
export const PDU_BYTES_MAX = 65_536;
/** Size of `type` and of `state_key`, in bytes (same section). */
export const EVENT_FIELD_BYTES_MAX = 255;
/** Entries of `prev_events` (see "Event format" of each room version). */
export const PREV_EVENTS_MAX = 20;
/** Entries of `auth_events` (same). */
export const AUTH_EVENTS_MAX = 10;
