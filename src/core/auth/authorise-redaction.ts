import type { RoomEvent } from '../events/room-event.ts';
import { eventIdDomain } from '../ids/event-id.ts';
import { serverNameOf } from '../ids/user-id.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import type { AuthState } from './auth-state.ts';
import { actionPower, powerLevelOf } from './power-levels.ts';
import { ALLOWED, deny, type Verdict } from './verdict.ts';

/** Versions 1 and 2: power over others' events, or an event of the same server (https://spec.matrix.org/v1.19/rooms/v1#authorisation-rules rule 11). */
export function authoriseRedaction(event: RoomEvent, state: AuthState, version: RoomVersion): Verdict {
  if (powerLevelOf(event.sender, state, version) >= actionPower('redact', state, version)) return ALLOWED;
  const own = eventIdDomain(event.eventId);
  const target = event.redacts === undefined ? null : eventIdDomain(event.redacts);
  return own !== null && own === target ? ALLOWED : deny('redaction.power', "The sender may not redact other servers' events");
}

/**
 * Since version 3 every redaction may be sent, and takes effect only if its sender has the power or is on the same server as
 * the sender of its target. `state` is the state before the redaction. Always true for versions 1 and 2, whose rules decided.
 *
 * @see https://spec.matrix.org/v1.19/rooms/v3#handling-redactions
 */
export function mayApplyRedaction(
  redaction: RoomEvent,
  target: Pick<RoomEvent, 'sender'>,
  state: AuthState,
  version: RoomVersion,
): boolean {
  if (version.redactionAuthorised === 'byRule') return true;
  if (serverNameOf(redaction.sender) === serverNameOf(target.sender)) return true;
  return powerLevelOf(redaction.sender, state, version) >= actionPower('redact', state, version);
}
