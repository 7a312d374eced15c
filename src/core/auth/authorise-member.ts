import type { RoomEvent } from '../events/room-event.ts';
import { parseUserId } from '../ids/user-id.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { type AuthState, joinRuleOf, membershipOf } from './auth-state.ts';
import { authoriseInvite } from './authorise-invite.ts';
import { authoriseJoin } from './authorise-join.ts';
import type { MemberChange } from './member-change.ts';
import { actionPower, powerLevelOf } from './power-levels.ts';
import { ALLOWED, deny, type Verdict } from './verdict.ts';

/** Rule 4 (5 in versions 1 to 5 and in 12): `m.room.member` (https://spec.matrix.org/v1.19/rooms/v8#authorisation-rules). */
export function authoriseMember(event: RoomEvent, state: AuthState, create: RoomEvent, version: RoomVersion): Verdict {
  const target = event.stateKey;
  if (target === undefined) return deny('member.noStateKey', 'A membership event is state');
  const membership = event.content['membership'];
  if (membership === undefined) return deny('member.noMembership', 'The event has no membership');

  // That this user's server has signed the event is checked with the other signatures. No server can sign for what is no user.
  const authoriser = event.content['join_authorised_via_users_server'];
  if (version.restrictedJoins && authoriser !== undefined && parseUserId(authoriser) === null) {
    return deny('member.authoriser', 'join_authorised_via_users_server is not a user id');
  }

  const change = { event, target, create };
  switch (membership) {
    case 'join':
      return authoriseJoin(change, state, version);
    case 'invite':
      return authoriseInvite(change, state, version);
    case 'leave':
      return authoriseLeave(change, state, version);
    case 'ban':
      return authoriseBan(change, state, version);
    case 'knock':
      return version.knocking ? authoriseKnock(change, state, version) : deny('member.unknown', 'This room version has no knocking');
    default:
      return deny('member.unknown', 'The membership is unknown');
  }
}

/** Leaving, declining, withdrawing a knock; kicking and unbanning. */
function authoriseLeave({ event, target }: MemberChange, state: AuthState, version: RoomVersion): Verdict {
  const targetMembership = membershipOf(target, state);
  if (event.sender === target) {
    const mayLeave = targetMembership === 'invite' || targetMembership === 'join' || (version.knocking && targetMembership === 'knock');
    return mayLeave ? ALLOWED : deny('member.leave.notIn', 'The user is not in the room, nor invited');
  }
  if (membershipOf(event.sender, state) !== 'join') return deny('member.leave.senderNotJoined', 'The sender is not in the room');

  const power = powerLevelOf(event.sender, state, version);
  if (targetMembership === 'ban' && power < actionPower('ban', state, version))
    return deny('member.unban.power', 'The sender may not lift bans');
  if (power < actionPower('kick', state, version)) return deny('member.kick.power', 'The sender may not kick');
  return powerLevelOf(target, state, version) < power ? ALLOWED : deny('member.kick.target', 'The target has as much power as the sender');
}

function authoriseBan({ event, target }: MemberChange, state: AuthState, version: RoomVersion): Verdict {
  if (membershipOf(event.sender, state) !== 'join') return deny('member.ban.senderNotJoined', 'The sender is not in the room');
  const power = powerLevelOf(event.sender, state, version);
  if (power < actionPower('ban', state, version)) return deny('member.ban.power', 'The sender may not ban');
  return powerLevelOf(target, state, version) < power ? ALLOWED : deny('member.ban.target', 'The target has as much power as the sender');
}

/** Since version 7 (https://spec.matrix.org/v1.19/rooms/v7#authorisation-rules rule 4.6). */
function authoriseKnock({ event, target }: MemberChange, state: AuthState, version: RoomVersion): Verdict {
  const rule = joinRuleOf(state);
  if (rule !== 'knock' && !(version.knockRestricted && rule === 'knock_restricted')) {
    return deny('member.knock.rule', 'The room takes no knocks');
  }
  if (event.sender !== target) return deny('member.knock.otherUser', 'Nobody knocks for somebody else');
  const membership = membershipOf(event.sender, state);
  if (membership === 'ban' || membership === 'invite' || membership === 'join') {
    return deny('member.knock.membership', `The user cannot knock with membership ${membership}`);
  }
  return ALLOWED;
}
