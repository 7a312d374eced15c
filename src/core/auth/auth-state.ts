import type { RoomEvent } from '../events/room-event.ts';

/** The state that an event is checked against. Answers from memory: the rules are synchronous. */
export type AuthState = (type: string, stateKey: string) => RoomEvent | undefined;

/** Membership as the rules compare it; a user without a member event, or with an unreadable one, has left. */
export type Membership = 'join' | 'invite' | 'knock' | 'leave' | 'ban';

export function membershipOf(userId: string, state: AuthState): Membership {
  const membership = state('m.room.member', userId)?.content['membership'];
  switch (membership) {
    case 'join':
    case 'invite':
    case 'knock':
    case 'ban':
      return membership;
    default:
      return 'leave';
  }
}

/** A room without join rules is invite-only (https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules). */
export function joinRuleOf(state: AuthState): unknown {
  const event = state('m.room.join_rules', '');
  return event === undefined ? 'invite' : event.content['join_rule'];
}
