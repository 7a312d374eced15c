import { describe, expect, it } from 'vitest';
import { joinRuleOf, membershipOf } from '../../src/core/auth/auth-state.ts';
import { ALICE, ALL_VERSIONS, AuthRoom, BOB, CAROL, CREATOR, versions } from '../support/auth-room.ts';
import type { RoomVersionId } from '../../src/core/room-versions/room-version.ts';

const MEMBERSHIPS = ['join', 'invite', 'knock', 'leave', 'ban'];

/** Alice (50), Bob (0) and the creator are in; ban 50, kick 40, invite 30. */
function room(id: RoomVersionId, levels = {}): AuthRoom {
  return new AuthRoom(id)
    .member(CREATOR, 'join')
    .member(ALICE, 'join')
    .member(BOB, 'join')
    .power({ users: { [ALICE]: 50 }, ban: 50, kick: 40, invite: 30, ...levels });
}

describe.each(ALL_VERSIONS)('m.room.member, version %s', (id) => {
  it('is state and has a known membership', () => {
    expect(room(id).ask({ type: 'm.room.member', content: { membership: 'join' } })).toBe('member.noStateKey');
    expect(room(id).ask({ type: 'm.room.member', stateKey: ALICE, content: {} })).toBe('member.noMembership');
    for (const membership of ['dance', '', 1, null, {}, ['join']]) {
      expect(room(id).ask({ type: 'm.room.member', stateKey: ALICE, content: { membership } })).toBe('member.unknown');
    }
  });

  describe('join', () => {
    it('is open to the creator right after the create event, whatever the join rule', () => {
      const fresh = new AuthRoom(id);
      const join = {
        type: 'm.room.member',
        sender: CREATOR,
        stateKey: CREATOR,
        content: { membership: 'join' },
        prevEvents: [fresh.create.eventId as string],
      };
      expect(fresh.ask(join)).toBe('allow');
      expect(fresh.ask({ ...join, prevEvents: ['$other:home'] })).toBe('member.join.notInvited');
      expect(fresh.ask({ ...join, prevEvents: [fresh.create.eventId, '$other:home'] })).toBe('member.join.notInvited');
      expect(fresh.ask({ ...join, prevEvents: [] })).toBe('member.join.notInvited');
      expect(fresh.ask({ ...join, sender: ALICE, stateKey: ALICE })).toBe('member.join.notInvited');
      expect(fresh.member(CREATOR, 'ban').ask(join)).toBe('allow');
    });

    it('is one’s own, and not of the banned', () => {
      expect(room(id).joinRule('public').askMember(ALICE, CAROL, 'join')).toBe('member.join.otherUser');
      expect(room(id).joinRule('public').member(CAROL, 'ban').askMember(CAROL, CAROL, 'join')).toBe('member.join.banned');
      expect(room(id).joinRule('invite').member(CAROL, 'ban').askMember(CAROL, CAROL, 'join')).toBe('member.join.banned');
    });

    it.each(MEMBERSHIPS)('follows membership %s', (membership) => {
      const expected = membership === 'join' || membership === 'invite';
      const ask = (rule: string) => room(id).joinRule(rule).member(CAROL, membership).askMember(CAROL, CAROL, 'join');
      const banned = membership === 'ban';
      expect(ask('public')).toBe(banned ? 'member.join.banned' : 'allow');
      expect(ask('invite')).toBe(expected ? 'allow' : banned ? 'member.join.banned' : 'member.join.notInvited');
      expect(ask('private')).toBe(banned ? 'member.join.banned' : 'member.join.rule');
    });

    it('knows the join rules of the version', () => {
      const number = Number(id);
      const ask = (rule: string, membership: string) => room(id).joinRule(rule).member(CAROL, membership).askMember(CAROL, CAROL, 'join');
      expect(ask('knock', 'invite')).toBe(number >= 7 ? 'allow' : 'member.join.rule');
      expect(ask('knock', 'join')).toBe(number >= 7 ? 'allow' : 'member.join.rule');
      expect(ask('knock', 'knock')).toBe(number >= 7 ? 'member.join.notInvited' : 'member.join.rule');
      expect(ask('restricted', 'invite')).toBe(number >= 8 ? 'allow' : 'member.join.rule');
      expect(ask('restricted', 'join')).toBe(number >= 8 ? 'allow' : 'member.join.rule');
      expect(ask('restricted', 'leave')).toBe(number >= 8 ? 'member.join.noAuthoriser' : 'member.join.rule');
      expect(ask('knock_restricted', 'invite')).toBe(number >= 10 ? 'allow' : 'member.join.rule');
      expect(ask('knock_restricted', 'knock')).toBe(number >= 10 ? 'member.join.noAuthoriser' : 'member.join.rule');
    });

    it('needs an invite where the room has no join rules', () => {
      expect(room(id).askMember(CAROL, CAROL, 'join')).toBe('member.join.notInvited');
      expect(room(id).member(CAROL, 'invite').askMember(CAROL, CAROL, 'join')).toBe('allow');
      expect(room(id).put('m.room.join_rules', '', {}).member(CAROL, 'invite').askMember(CAROL, CAROL, 'join')).toBe('member.join.rule');
    });
  });

  describe('invite', () => {
    it.each(MEMBERSHIPS)('reaches a target with membership %s or not', (membership) => {
      const refused = membership === 'join' || membership === 'ban';
      expect(room(id).member(CAROL, membership).askMember(ALICE, CAROL, 'invite')).toBe(refused ? 'member.invite.membership' : 'allow');
    });

    it('comes from a member with the power', () => {
      expect(room(id).askMember(BOB, CAROL, 'invite')).toBe('member.invite.power');
      expect(room(id, { invite: 50 }).askMember(ALICE, CAROL, 'invite')).toBe('allow');
      expect(room(id, { invite: 51 }).askMember(ALICE, CAROL, 'invite')).toBe('member.invite.power');
      expect(room(id).member(ALICE, 'leave').askMember(ALICE, CAROL, 'invite')).toBe('member.invite.senderNotJoined');
      expect(room(id).member(ALICE, 'invite').askMember(ALICE, CAROL, 'invite')).toBe('member.invite.senderNotJoined');
      expect(room(id).without('m.room.power_levels').askMember(BOB, CAROL, 'invite')).toBe('allow');
    });
  });

  describe('leave', () => {
    it.each(MEMBERSHIPS)('is possible from membership %s or not', (membership) => {
      const possible = membership === 'join' || membership === 'invite' || (membership === 'knock' && Number(id) >= 7);
      expect(room(id).member(CAROL, membership).askMember(CAROL, CAROL, 'leave')).toBe(possible ? 'allow' : 'member.leave.notIn');
    });

    it('of others is a kick by a member with more power', () => {
      expect(room(id).askMember(ALICE, BOB, 'leave')).toBe('allow');
      expect(room(id).member(ALICE, 'invite').askMember(ALICE, BOB, 'leave')).toBe('member.leave.senderNotJoined');
      expect(room(id).askMember(BOB, ALICE, 'leave')).toBe('member.kick.power');
      expect(room(id, { kick: 50 }).askMember(ALICE, BOB, 'leave')).toBe('allow');
      expect(room(id, { kick: 51 }).askMember(ALICE, BOB, 'leave')).toBe('member.kick.power');
      expect(room(id, { users: { [ALICE]: 50, [BOB]: 50 } }).askMember(ALICE, BOB, 'leave')).toBe('member.kick.target');
      expect(room(id, { users: { [ALICE]: 50, [BOB]: 49 } }).askMember(ALICE, BOB, 'leave')).toBe('allow');
      expect(room(id).member(CAROL, 'invite').askMember(ALICE, CAROL, 'leave')).toBe('allow');
    });

    it('of the banned needs the ban level and the kick level', () => {
      const banned = (levels = {}) => room(id, levels).member(CAROL, 'ban').askMember(ALICE, CAROL, 'leave');
      expect(banned()).toBe('allow');
      expect(banned({ ban: 51 })).toBe('member.unban.power');
      expect(banned({ ban: 10, kick: 51 })).toBe('member.kick.power');
      expect(room(id, { ban: 51 }).member(CAROL, 'join').askMember(ALICE, CAROL, 'leave')).toBe('allow');
      expect(banned({ users: { [ALICE]: 50, [CAROL]: 50 } })).toBe('member.kick.target');
    });
  });

  describe('ban', () => {
    it.each(MEMBERSHIPS)('is possible from membership %s', (membership) => {
      expect(room(id).member(CAROL, membership).askMember(ALICE, CAROL, 'ban')).toBe('allow');
    });

    it('comes from a member with more power', () => {
      expect(room(id).member(ALICE, 'leave').askMember(ALICE, BOB, 'ban')).toBe('member.ban.senderNotJoined');
      expect(room(id, { ban: 51 }).askMember(ALICE, BOB, 'ban')).toBe('member.ban.power');
      expect(room(id, { users: { [ALICE]: 50, [BOB]: 50 } }).askMember(ALICE, BOB, 'ban')).toBe('member.ban.target');
      expect(room(id, { users: { [ALICE]: 50, [BOB]: 49 } }).askMember(ALICE, BOB, 'ban')).toBe('allow');
      expect(room(id).askMember(ALICE, ALICE, 'ban')).toBe('member.ban.target');
    });
  });
});

describe('knock', () => {
  it.each(versions(1, 6))('is unknown in version %s', (id) => {
    expect(room(id).joinRule('knock').askMember(CAROL, CAROL, 'knock')).toBe('member.unknown');
  });

  it.each(versions(7))('is possible where the join rule takes knocks, version %s', (id) => {
    expect(room(id).joinRule('knock').askMember(CAROL, CAROL, 'knock')).toBe('allow');
    expect(room(id).joinRule('knock').askMember(ALICE, CAROL, 'knock')).toBe('member.knock.otherUser');
    for (const rule of ['public', 'invite', 'restricted', 'private']) {
      expect(room(id).joinRule(rule).askMember(CAROL, CAROL, 'knock')).toBe('member.knock.rule');
    }
    expect(room(id).askMember(CAROL, CAROL, 'knock')).toBe('member.knock.rule');
    expect(room(id).joinRule('knock_restricted').askMember(CAROL, CAROL, 'knock')).toBe(Number(id) >= 10 ? 'allow' : 'member.knock.rule');
  });

  it.each(MEMBERSHIPS)('is possible from membership %s or not', (membership) => {
    const possible = membership === 'leave' || membership === 'knock';
    expect(room('12').joinRule('knock').member(CAROL, membership).askMember(CAROL, CAROL, 'knock')).toBe(
      possible ? 'allow' : 'member.knock.membership',
    );
  });
});

describe('restricted join', () => {
  const rules = (id: RoomVersionId) => (Number(id) >= 10 ? ['restricted', 'knock_restricted'] : ['restricted']);
  const join = (r: AuthRoom, authoriser: unknown) =>
    r.askMember(CAROL, CAROL, 'join', { join_authorised_via_users_server: authoriser as string });

  it.each(versions(8))('needs a member who may invite to answer for it, version %s', (id) => {
    for (const rule of rules(id)) {
      expect(join(room(id).joinRule(rule), ALICE)).toBe('allow');
      expect(join(room(id, { invite: 50 }).joinRule(rule), ALICE)).toBe('allow');
      expect(join(room(id, { invite: 51 }).joinRule(rule), ALICE)).toBe('member.join.authoriserPower');
      expect(join(room(id).joinRule(rule), BOB)).toBe('member.join.authoriserPower');
      expect(join(room(id).joinRule(rule).member(ALICE, 'leave'), ALICE)).toBe('member.join.authoriserNotJoined');
      expect(join(room(id).joinRule(rule).member(CAROL, 'ban'), ALICE)).toBe('member.join.banned');
      expect(room(id).joinRule(rule).askMember(CAROL, CAROL, 'join')).toBe('member.join.noAuthoriser');
    }
  });

  it.each(versions(8))('must name a user, in any membership event, version %s', (id) => {
    for (const junk of ['alice', '', 5, null, {}]) {
      expect(join(room(id).joinRule('public'), junk)).toBe('member.authoriser');
      expect(room(id).askMember(BOB, BOB, 'leave', { join_authorised_via_users_server: junk })).toBe('member.authoriser');
    }
    expect(join(room(id).joinRule('public'), BOB)).toBe('allow');
  });

  it.each(versions(1, 7))('means nothing in version %s', (id) => {
    expect(join(room(id).joinRule('restricted'), ALICE)).toBe('member.join.rule');
    expect(join(room(id).joinRule('public'), 'junk')).toBe('allow');
  });
});

describe('creators', () => {
  it.each(versions(1, 10))('are named by content in version %s', (id) => {
    const r = new AuthRoom(id, { creator: ALICE });
    const join = (user: string) =>
      r.ask({ type: 'm.room.member', sender: user, stateKey: user, content: { membership: 'join' }, prevEvents: [r.create.eventId] });
    expect(join(ALICE)).toBe('allow');
    expect(join(CREATOR)).toBe('member.join.notInvited');
  });

  it.each(versions(11))('are the sender of the create event in version %s', (id) => {
    const r = new AuthRoom(id, { creator: ALICE, additional_creators: [ALICE] });
    const join = (user: string) =>
      r.ask({ type: 'm.room.member', sender: user, stateKey: user, content: { membership: 'join' }, prevEvents: [r.create.eventId] });
    expect(join(ALICE)).toBe('member.join.notInvited');
    expect(join(CREATOR)).toBe('allow');
  });

  it('cannot be kicked or banned in version 12, and can kick and ban everybody else', () => {
    const r = new AuthRoom('12', { additional_creators: [BOB] }).member(CREATOR, 'join').member(ALICE, 'join').member(BOB, 'join');
    r.power({ users: { [ALICE]: 2 ** 53 - 1 } });
    expect(r.askMember(ALICE, CREATOR, 'leave')).toBe('member.kick.target');
    expect(r.askMember(ALICE, BOB, 'ban')).toBe('member.ban.target');
    expect(r.askMember(CREATOR, BOB, 'ban')).toBe('member.ban.target');
    expect(r.askMember(CREATOR, ALICE, 'ban')).toBe('allow');
    expect(r.askMember(BOB, ALICE, 'leave')).toBe('allow');
  });
});

describe('reading state', () => {
  it('takes who has no membership, or one that nobody knows, as somebody who has left', () => {
    const memberships = MEMBERSHIPS.map((membership) => membershipOf(ALICE, new AuthRoom('12').member(ALICE, membership).state));
    expect(memberships).toEqual(MEMBERSHIPS);
    expect(membershipOf(ALICE, new AuthRoom('12').state)).toBe('leave');
    expect(membershipOf(ALICE, room('12').put('m.room.member', ALICE, { membership: 'dance' }).state)).toBe('leave');
    expect(membershipOf(ALICE, room('12').put('m.room.member', ALICE, {}).state)).toBe('leave');
  });

  it('takes a room without join rules as invite-only', () => {
    expect(joinRuleOf(new AuthRoom('12').state)).toBe('invite');
    expect(joinRuleOf(room('12').joinRule('public').state)).toBe('public');
    expect(joinRuleOf(room('12').put('m.room.join_rules', '', {}).state)).toBe(undefined);
  });
});
