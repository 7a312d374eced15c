import type { RoomVersion } from '../room-versions/room-version.ts';
import { type AuthState, joinRuleOf, membershipOf } from './auth-state.ts';
import { actionPower, powerLevelOf } from './power-levels.ts';
import { roomCreator } from './room-creators.ts';
import type { MemberChange } from './member-change.ts';
import { ALLOWED, deny, type Verdict } from './verdict.ts';

/** Rule 4.3 (https://spec.matrix.org/v1.19/rooms/v10#authorisation-rules). */
export function authoriseJoin({ event, target, create }: MemberChange, state: AuthState, version: RoomVersion): Verdict {
  const followsCreateOnly = event.prevEvents.length === 1 && event.prevEvents[0] === create.eventId;
  if (followsCreateOnly && target === roomCreator(create, version)) return ALLOWED;

  if (event.sender !== target) return deny('member.join.otherUser', 'Nobody joins for somebody else');
  const membership = membershipOf(event.sender, state);
  if (membership === 'ban') return deny('member.join.banned', 'The user is banned');
  const expected = membership === 'invite' || membership === 'join';

  const rule = joinRuleOf(state);
  if (rule === 'public') return ALLOWED;
  if (rule === 'invite' || (version.knocking && rule === 'knock')) {
    return expected ? ALLOWED : deny('member.join.notInvited', 'The user is not invited');
  }
  if ((version.restrictedJoins && rule === 'restricted') || (version.knockRestricted && rule === 'knock_restricted')) {
    return expected ? ALLOWED : authoriseRestrictedJoin(event.content['join_authorised_via_users_server'], state, version);
  }
  return deny('member.join.rule', 'The join rule lets nobody in');
}

/** A user who is in the room and may invite has to answer for the join. That the user's server signed it is checked elsewhere. */
function authoriseRestrictedJoin(authoriser: unknown, state: AuthState, version: RoomVersion): Verdict {
  if (typeof authoriser !== 'string') return deny('member.join.noAuthoriser', 'No member answers for the restricted join');
  if (membershipOf(authoriser, state) !== 'join')
    return deny('member.join.authoriserNotJoined', 'Who answers for the join is not in the room');
  return powerLevelOf(authoriser, state, version) >= actionPower('invite', state, version)
    ? ALLOWED
    : deny('member.join.authoriserPower', 'Who answers for the join may not invite');
}
