import type { RoomEvent } from '../events/room-event.ts';
import { serverNameOf } from '../ids/user-id.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { type AuthState, membershipOf } from './auth-state.ts';
import { authoriseAliases } from './authorise-aliases.ts';
import { authoriseCreate } from './authorise-create.ts';
import { authoriseMember } from './authorise-member.ts';
import { authorisePowerLevels } from './authorise-power-levels.ts';
import { authoriseRedaction } from './authorise-redaction.ts';
import { actionPower, powerLevelOf, requiredPower } from './power-levels.ts';
import { ALLOWED, deny, type Verdict } from './verdict.ts';

/**
 * The authorisation rules of a room version, in their order, for an event against a state. Never throws, whatever the
 * contents of event and state are; the event's own format has been checked before (`checkEventFormat`).
 *
 * Does not cover what needs more than the state: signatures (`requiredSigners`), the event's `auth_events`
 * (`checkAuthEvents`), and whether the create event itself was rejected.
 *
 * @see https://spec.matrix.org/v1.19/rooms/v12#authorisation-rules, and the same section of the other versions
 */
export function authorise(event: RoomEvent, state: AuthState, version: RoomVersion): Verdict {
  if (event.type === 'm.room.create') return authoriseCreate(event, version);

  const create = state('m.room.create', '');
  if (create === undefined) return deny('create.missing', 'The room has no create event');
  // Since version 12 a room id is made from the create event's id, so this is also "the room id is that of the create event".
  if (create.roomId !== event.roomId) return deny('create.otherRoom', 'The create event is of another room');
  if (create.content['m.federate'] === false && serverNameOf(event.sender) !== serverNameOf(create.sender)) {
    return deny('federate', "The room is closed to other servers' users");
  }

  if (version.aliasesRule && event.type === 'm.room.aliases') return authoriseAliases(event);
  if (event.type === 'm.room.member') return authoriseMember(event, state, create, version);

  if (membershipOf(event.sender, state) !== 'join') return deny('sender.notJoined', 'The sender is not in the room');

  const power = powerLevelOf(event.sender, state, version);
  if (event.type === 'm.room.third_party_invite') {
    return power >= actionPower('invite', state, version) ? ALLOWED : deny('thirdPartyInvite.power', 'The sender may not invite');
  }

  const isState = event.stateKey !== undefined;
  if (power < requiredPower({ type: event.type, isState }, state, version)) {
    return deny('power', `The sender may not send ${isState ? 'state' : 'events'} of this type`);
  }
  if (event.stateKey?.startsWith('@') && event.stateKey !== event.sender) {
    return deny('stateKey.otherUser', 'State keys that begin with @ belong to the user of that id');
  }

  if (event.type === 'm.room.power_levels') return authorisePowerLevels(event, state, create, version);
  if (version.redactionAuthorised === 'byRule' && event.type === 'm.room.redaction') return authoriseRedaction(event, state, version);
  return ALLOWED;
}
