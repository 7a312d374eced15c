import { describe, expect, it } from 'vitest';
import { ALICE, ALL_VERSIONS, AuthRoom, BOB, CAROL, CREATOR, versions } from '../support/auth-room.ts';
import type { RoomVersionId } from '../../src/core/room-versions/room-version.ts';

/** A public room with everybody's power written down. */
function joined(id: RoomVersionId): AuthRoom {
  const room = new AuthRoom(id).member(CREATOR, 'join').member(ALICE, 'join').member(BOB, 'join').joinRule('public');
  const creator = room.version.creatorsHaveInfinitePower ? {} : { [CREATOR]: 100 };
  return room.power({ users: { ...creator, [ALICE]: 50 }, events: { 'm.room.name': 60, quiet: 10 }, users_default: 0 });
}

describe.each(ALL_VERSIONS)('every event, version %s', (id) => {
  it('needs a create event of its own room', () => {
    expect(joined(id).without('m.room.create').ask({})).toBe('create.missing');
    expect(joined(id).ask({ roomId: '!other:home' })).toBe('create.otherRoom');
    expect(joined(id).ask({ roomId: '!other:home', type: 'm.room.member', stateKey: ALICE, content: { membership: 'join' } })).toBe(
      'create.otherRoom',
    );
  });

  it.each([
    [false, BOB, 'federate'],
    [false, ALICE, 'allow'],
    [true, BOB, 'allow'],
    ['false', BOB, 'allow'],
  ])('m.federate %j lets %s through or not', (federate, sender, expected) => {
    const room = new AuthRoom(id, { 'm.federate': federate }).member(ALICE, 'join').member(BOB, 'join').joinRule('public');
    expect(room.ask({ sender })).toBe(expected);
    expect(room.askMember(sender, sender, 'join')).toBe(expected);
  });

  it.each(['invite', 'leave', 'ban', 'knock', 'junk'])('is refused from a sender with membership %s', (membership) => {
    expect(joined(id).member(ALICE, membership).ask({})).toBe('sender.notJoined');
  });

  it('is refused from a stranger and allowed from a member', () => {
    expect(joined(id).ask({ sender: CAROL })).toBe('sender.notJoined');
    expect(joined(id).ask({ sender: BOB })).toBe('allow');
  });

  it('needs the power for its type', () => {
    const room = joined(id);
    expect(room.ask({ sender: BOB, type: 'quiet' })).toBe('power');
    expect(room.ask({ sender: ALICE, type: 'quiet' })).toBe('allow');
    expect(room.ask({ sender: ALICE, type: 'm.room.name', stateKey: '' })).toBe('power');
    expect(room.ask({ sender: CREATOR, type: 'm.room.name', stateKey: '' })).toBe('allow');
    expect(room.ask({ sender: ALICE, type: 'm.room.topic', stateKey: '' })).toBe('allow');
    expect(room.ask({ sender: BOB, type: 'm.room.topic', stateKey: '' })).toBe('power');
    expect(room.ask({ sender: BOB, type: 'm.room.topic' })).toBe('allow');
    // Exactly the power suffices, one less does not.
    room.power({ users: { [ALICE]: 7 }, events_default: 7 });
    expect(room.ask({})).toBe('allow');
    room.power({ users: { [ALICE]: 6 }, events_default: 7 });
    expect(room.ask({})).toBe('power');
  });

  it('keeps state keys of users to themselves', () => {
    const room = joined(id);
    expect(room.ask({ type: 'x', stateKey: BOB })).toBe('stateKey.otherUser');
    expect(room.ask({ type: 'x', stateKey: '@' })).toBe('stateKey.otherUser');
    expect(room.ask({ type: 'x', stateKey: ALICE })).toBe('allow');
    expect(room.ask({ type: 'x', stateKey: `_${BOB}` })).toBe('allow');
    expect(room.ask({ type: 'x', stateKey: '' })).toBe('allow');
  });

  it('asks third-party invites for the invite level only', () => {
    const room = joined(id).power({ users: { [ALICE]: 30 }, invite: 30, state_default: 90 });
    expect(room.ask({ type: 'm.room.third_party_invite', stateKey: 'token' })).toBe('allow');
    expect(room.ask({ type: 'm.room.third_party_invite', stateKey: '@token' })).toBe('allow');
    expect(room.ask({ type: 'm.room.third_party_invite', stateKey: 'token', sender: BOB })).toBe('thirdPartyInvite.power');
    expect(room.ask({ type: 'm.room.third_party_invite', stateKey: 'token', sender: CAROL })).toBe('sender.notJoined');
  });
});

describe('m.room.aliases', () => {
  it.each(versions(1, 5))('belongs to servers in version %s', (id) => {
    const room = joined(id);
    expect(room.ask({ type: 'm.room.aliases', stateKey: 'home' })).toBe('allow');
    expect(room.ask({ type: 'm.room.aliases', stateKey: 'far', sender: CAROL })).toBe('allow');
    expect(room.ask({ type: 'm.room.aliases', stateKey: 'away' })).toBe('aliases.otherServer');
    expect(room.ask({ type: 'm.room.aliases' })).toBe('aliases.noStateKey');
  });

  it.each(versions(6))('is like other state in version %s', (id) => {
    const room = joined(id);
    expect(room.ask({ type: 'm.room.aliases', stateKey: 'away' })).toBe('allow');
    expect(room.ask({ type: 'm.room.aliases', stateKey: 'far', sender: CAROL })).toBe('sender.notJoined');
    expect(room.ask({ type: 'm.room.aliases', stateKey: 'away', sender: BOB })).toBe('power');
  });
});

describe('m.room.create', () => {
  const create = { type: 'm.room.create', stateKey: '', sender: CREATOR, prevEvents: [] as string[] };

  it.each(versions(1, 11))('begins a room of its sender in version %s', (id) => {
    const room = new AuthRoom(id);
    const content = { creator: CREATOR };
    expect(room.ask({ ...create, content })).toBe('allow');
    expect(room.ask({ ...create, content, prevEvents: ['$a:home'] })).toBe('create.prevEvents');
    expect(room.ask({ ...create, content, sender: BOB })).toBe('create.domain');
    expect(room.ask({ ...create, content, roomId: '!hash' })).toBe('create.domain');
    expect(room.ask({ ...create, content: { ...content, additional_creators: 'junk' } })).toBe('allow');
  });

  it.each(versions(1, 10))('names the creator in version %s', (id) => {
    expect(new AuthRoom(id).ask({ ...create, content: {} })).toBe('create.creator');
    expect(new AuthRoom(id).ask({ ...create, content: { creator: 5 } })).toBe('allow');
  });

  it('names no creator in version 11', () => {
    expect(new AuthRoom('11').ask({ ...create, content: {} })).toBe('allow');
  });

  it.each(ALL_VERSIONS)('names a known version or none in version %s', (id) => {
    const room = new AuthRoom(id);
    const ask = (version: unknown) =>
      room.askEvent({
        ...room.create,
        content: { ...room.create.content, ...(version === undefined ? {} : { room_version: version as string }) },
      });
    expect(ask('1')).toBe('allow');
    expect(ask('12')).toBe('allow');
    expect(ask('13')).toBe('create.version');
    expect(ask('constructor')).toBe('create.version');
    expect(ask(1)).toBe('create.version');
    expect(ask(null)).toBe('create.version');
    const { room_version: _, ...rest } = room.create.content;
    expect(room.askEvent({ ...room.create, content: rest })).toBe('allow');
  });

  it('has no room id in version 12', () => {
    const room = new AuthRoom('12');
    expect(room.ask({ ...create, pduRoomId: undefined, sender: BOB })).toBe('allow');
    expect(room.ask({ ...create, pduRoomId: '!room:home' })).toBe('create.roomId');
    expect(room.ask({ ...create, pduRoomId: undefined, prevEvents: ['$a'] })).toBe('create.prevEvents');
  });

  it.each([
    [[], 'allow'],
    [[ALICE, BOB], 'allow'],
    [ALICE, 'create.additionalCreators'],
    [null, 'create.additionalCreators'],
    [{}, 'create.additionalCreators'],
    [[ALICE, 'bob'], 'create.additionalCreators'],
    [[ALICE, 5], 'create.additionalCreators'],
    [['@a'], 'create.additionalCreators'],
  ])('takes additional_creators %j in version 12: %s', (additional_creators, expected) => {
    expect(new AuthRoom('12').ask({ ...create, pduRoomId: undefined, content: { additional_creators } })).toBe(expected);
  });
});

describe('m.room.redaction', () => {
  it.each(['1', '2'] as const)('is decided by rule in version %s', (id) => {
    const room = joined(id);
    const redaction = { type: 'm.room.redaction', sender: BOB, eventId: '$r:away' };
    expect(room.ask({ ...redaction, redacts: '$x:away' })).toBe('allow');
    expect(room.ask({ ...redaction, redacts: '$x:home' })).toBe('redaction.power');
    expect(room.ask({ ...redaction, redacts: '$x' })).toBe('redaction.power');
    expect(room.ask(redaction)).toBe('redaction.power');
    expect(room.ask({ ...redaction, eventId: '$r', redacts: '$x' })).toBe('redaction.power');
    expect(room.ask({ ...redaction, sender: ALICE, redacts: '$x:home' })).toBe('allow');
    room.power({ users: { [ALICE]: 49 } });
    expect(room.ask({ ...redaction, sender: ALICE, redacts: '$x:home' })).toBe('redaction.power');
    room.power({ users: { [ALICE]: 49 }, redact: 49 });
    expect(room.ask({ ...redaction, sender: ALICE, redacts: '$x:home' })).toBe('allow');
  });

  it.each(versions(3))('is sent like any event in version %s', (id) => {
    expect(joined(id).ask({ type: 'm.room.redaction', sender: BOB, redacts: '$x:home' })).toBe('allow');
    expect(joined(id).ask({ type: 'm.room.redaction', sender: BOB, redacts: '$x:far' })).toBe('allow');
    expect(joined(id).ask({ type: 'm.room.redaction', sender: BOB, redacts: '$hash' })).toBe('allow');
  });
});
