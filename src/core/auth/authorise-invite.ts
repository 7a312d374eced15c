import type { RoomVersion } from '../room-versions/room-version.ts';
import { type AuthState, membershipOf } from './auth-state.ts';
import { authoriseThirdPartyInvite } from './authorise-third-party-invite.ts';
import { actionPower, powerLevelOf } from './power-levels.ts';
import type { MemberChange } from './member-change.ts';
import { ALLOWED, deny, type Verdict } from './verdict.ts';

/** Rule 4.4 (https://spec.matrix.org/v1.19/rooms/v8#authorisation-rules). */
export function authoriseInvite(change: MemberChange, state: AuthState, version: RoomVersion): Verdict {
  const { event, target } = change;
  if (event.content['third_party_invite'] !== undefined) return authoriseThirdPartyInvite(change, state, version);

  if (membershipOf(event.sender, state) !== 'join') return deny('member.invite.senderNotJoined', 'The sender is not in the room');
  const membership = membershipOf(target, state);
  if (membership === 'join' || membership === 'ban') {
    return deny('member.invite.membership', `The target cannot be invited with membership ${membership}`);
  }
  return powerLevelOf(event.sender, state, version) >= actionPower('invite', state, version)
    ? ALLOWED
    : deny('member.invite.power', 'The sender may not invite');
}
