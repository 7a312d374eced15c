import type { AuthState } from '../../core/auth/auth-state.ts';
import type { CitedAuthEvent } from '../../core/auth/check-auth-events.ts';
import type { VerifyKey } from '../../core/crypto/ed25519.ts';
import type { Pdu } from '../../core/events/pdu.ts';
import type { RoomEvent } from '../../core/events/room-event.ts';
import type { ServerName } from '../../core/ids/brands.ts';
import type { RoomVersion } from '../../core/room-versions/room-version.ts';
import type { RoomPorts } from '../ports.ts';

/** Keys that have been fetched for the signatures of one event: `server` → `key id` → key valid at the event's time. */
type KeyLookup = (server: ServerName, keyId: string) => VerifyKey | undefined;

/** What the receipt checks look at. Filled in step by step: a check reads only what the checks before it have made sure of. */
export interface PduSubject {
  readonly version: RoomVersion;
  /** Where the event came from; null for our own. */
  readonly origin: ServerName | null;
  /** As received. */
  readonly raw: unknown;
  readonly keys: KeyLookup;
  readonly check: RoomPorts['check'];
  /** After check 1; redacted after a failed check 3. */
  pdu: Pdu | null;
  json: string;
  event: RoomEvent | null;
  /** Before check 4: the events that it cites. */
  cited: readonly CitedAuthEvent[];
  /** The create event where it is implied instead of cited (since version 12). */
  implied: RoomEvent | null;
  /** Before checks 5 and 6. */
  stateBefore: AuthState | null;
  currentState: AuthState | null;
}

export function eventOf(subject: PduSubject): RoomEvent {
  if (subject.event === null) throw new Error('a check ran before the format was checked');
  return subject.event;
}
