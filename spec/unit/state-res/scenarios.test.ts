import { describe, expect, test } from 'vitest';
import type { RoomVersionId } from '../../../src/core/room-versions/room-version.ts';
import { stateTuple } from '../../../src/core/state-res/state-map.ts';
import type { EventId } from '../../../src/core/ids/brands.ts';
import { at, join, joinRules, member, powerLevels, RoomBuilder, type State, topic } from './room-builder.ts';

const POWER = 'm.room.power_levels';
const MEMBER = 'm.room.member';
const TOPIC = 'm.room.topic';
const ALICE_AND_BOB = { '@alice:x': 100, '@bob:x': 50 };

/** Resolves in both orders, which must agree. */
function resolveBoth(room: RoomBuilder, one: State, two: State): State {
  const resolved = room.resolve(one, two);
  expect(new Map(room.resolve(two, one))).toEqual(new Map(resolved));
  return resolved;
}

describe.each<RoomVersionId>(['2', '6', '10', '11', '12'])('version %s', (version) => {
  test("a ban beats the banned moderator's concurrent change of power levels, although that is older", () => {
    const room = new RoomBuilder(version);
    const base = room.start({ users: { ...ALICE_AND_BOB }, others: ['@carol:x'] });
    const banned = room.send(base, { ...member('ban-bob', '@alice:x', '@bob:x', 'ban'), ts: 100 });
    const promoted = room.send(base, { ...powerLevels('pl-bob', '@bob:x', withCreator(room, { '@bob:x': 50, '@carol:x': 50 })), ts: 50 });
    const resolved = resolveBoth(room, banned, promoted);
    expect(at(resolved, MEMBER, '@bob:x')).toBe('ban-bob');
    expect(at(resolved, POWER)).toBe('pl');
  });

  test('a kick beats the concurrent topic of the kicked user, and the older topic stays', () => {
    const room = new RoomBuilder(version);
    const base = room.send(room.start(), topic('topic-1', '@alice:x'));
    const kicked = room.send(base, member('kick-bob', '@alice:x', '@bob:x', 'leave'));
    const changed = room.send(base, topic('topic-2', '@bob:x'));
    const resolved = resolveBoth(room, kicked, changed);
    expect(at(resolved, MEMBER, '@bob:x')).toBe('kick-bob');
    expect(at(resolved, TOPIC)).toBe('topic-1');
  });

  test("somebody's own departure is no power event: their concurrent topic stays", () => {
    const room = new RoomBuilder(version);
    const base = room.send(room.start(), topic('topic-1', '@bob:x'));
    const left = room.send(base, { ...member('leave-bob', '@bob:x', '@bob:x', 'leave'), ts: 200 });
    const changed = room.send(base, { ...topic('topic-2', '@bob:x'), ts: 100 });
    const resolved = resolveBoth(room, left, changed);
    expect(at(resolved, MEMBER, '@bob:x')).toBe('leave-bob');
    expect(at(resolved, TOPIC)).toBe('topic-2');
  });

  test('closing the room beats a join that did not know of it', () => {
    const room = new RoomBuilder(version);
    const base = room.start();
    const closed = room.send(base, { ...joinRules('jr-closed', '@alice:x', 'invite'), ts: 200 });
    const joined = room.send(base, { ...join('@dan:x'), ts: 100 });
    const resolved = resolveBoth(room, closed, joined);
    expect(at(resolved, 'm.room.join_rules')).toBe('jr-closed');
    expect(at(resolved, MEMBER, '@dan:x')).toBeNull();
  });

  test('opening the room does not undo itself when a join that used it meets an older branch', () => {
    const room = new RoomBuilder(version);
    const closed = room.send(room.start(), joinRules('jr-closed', '@alice:x', 'invite'));
    const joined = room.sendAll(closed, joinRules('jr-open', '@alice:x', 'public'), join('@dan:x'));
    const other = room.send(closed, topic('topic-1', '@alice:x'));
    const resolved = resolveBoth(room, joined, other);
    expect(at(resolved, 'm.room.join_rules')).toBe('jr-open');
    expect(at(resolved, MEMBER, '@dan:x')).toBe('join-dan');
    expect(at(resolved, TOPIC)).toBe('topic-1');
  });

  test('of two admins of equal power who step down at once, the earlier is heard first and the later must fit in', () => {
    const room = new RoomBuilder(version);
    const base = room.start({ users: { '@alice:x': 100, '@bob:x': 90, '@carol:x': 90 }, others: ['@carol:x'] });
    const byBob = room.send(base, { ...powerLevels('pl-bob', '@bob:x', withCreator(room, { '@bob:x': 10, '@carol:x': 90 })), ts: 111 });
    const byCarol = room.send(base, {
      ...powerLevels('pl-carol', '@carol:x', withCreator(room, { '@bob:x': 90, '@carol:x': 10 })),
      ts: 110,
    });
    // Bob's gives Carol her 90 back, which is not more than his own.
    expect(at(resolveBoth(room, byBob, byCarol), POWER)).toBe('pl-bob');
  });

  test('of two admins of equal power who each raise a friend to their own level, the later one stays', () => {
    const room = new RoomBuilder(version);
    const base = room.start({ users: { '@alice:x': 100, '@bob:x': 90, '@carol:x': 90 }, others: ['@carol:x'] });
    const users = { '@bob:x': 90, '@carol:x': 90 };
    const byBob = room.send(base, { ...powerLevels('pl-bob', '@bob:x', withCreator(room, { ...users, '@dan:x': 80 })), ts: 100 });
    const byCarol = room.send(base, { ...powerLevels('pl-carol', '@carol:x', withCreator(room, { ...users, '@dan:x': 90 })), ts: 101 });
    expect(at(resolveBoth(room, byBob, byCarol), POWER)).toBe('pl-carol');
    const byBobLater = room.send(base, { ...powerLevels('pl-bob-2', '@bob:x', withCreator(room, { ...users, '@dan:x': 80 })), ts: 102 });
    // Dan has 90 by then, as much as Bob, who may no longer lower him.
    expect(at(resolveBoth(room, byBobLater, byCarol), POWER)).toBe('pl-carol');
  });

  test("the admin's power levels come before the moderator's, whatever the clock says", () => {
    const room = new RoomBuilder(version);
    const base = room.start({ users: { ...ALICE_AND_BOB }, others: ['@carol:x'] });
    const demoted = room.send(base, { ...powerLevels('pl-alice', '@alice:x', withCreator(room, {})), ts: 200 });
    const promoted = room.send(base, { ...powerLevels('pl-bob', '@bob:x', withCreator(room, { '@bob:x': 50, '@carol:x': 50 })), ts: 100 });
    expect(at(resolveBoth(room, demoted, promoted), POWER)).toBe('pl-alice');
  });

  test('of two topics under the same power levels the later one wins, and of two at the same time the greater id', () => {
    const room = new RoomBuilder(version);
    const base = room.start();
    const early = room.send(base, { ...topic('z-early', '@bob:x'), ts: 100 });
    const late = room.send(base, { ...topic('a-late', '@bob:x'), ts: 101 });
    expect(at(resolveBoth(room, early, late), TOPIC)).toBe('a-late');
    const same = room.send(base, { ...topic('b-late', '@alice:x'), ts: 101 });
    expect(at(resolveBoth(room, same, late), TOPIC)).toBe('b-late');
  });

  test('a topic that builds on newer power levels beats a later topic that builds on older ones', () => {
    const room = new RoomBuilder(version);
    const base = room.start();
    const old = room.send(base, { ...topic('topic-old', '@bob:x'), ts: 1000 });
    const renewed = room.sendAll(
      base,
      powerLevels('pl-2', '@alice:x', withCreator(room, { '@bob:x': 51 })),
      powerLevels('pl-3', '@alice:x', withCreator(room, { '@bob:x': 52 })),
      topic('topic-new', '@bob:x'),
    );
    const resolved = resolveBoth(room, old, renewed);
    expect(at(resolved, POWER)).toBe('pl-3');
    expect(at(resolved, TOPIC)).toBe('topic-new');
  });

  test('two concurrent joins both stay', () => {
    const room = new RoomBuilder(version);
    const base = room.start();
    const resolved = resolveBoth(room, room.send(base, join('@dan:x')), room.send(base, join('@eve:x')));
    expect(at(resolved, MEMBER, '@dan:x')).toBe('join-dan');
    expect(at(resolved, MEMBER, '@eve:x')).toBe('join-eve');
  });

  test('what the state lacks is taken from the auth events of an event, unless they were rejected', () => {
    const room = new RoomBuilder(version);
    const base = room.start({ users: { ...ALICE_AND_BOB, '@dan:x': 50 }, others: ['@dan:x'] });
    const [one, two] = ['topic-1', 'topic-2'].map((id) => without(room.send(base, topic(id, '@dan:x')), MEMBER, '@dan:x'));
    expect(at(resolveBoth(room, one ?? base, two ?? base), TOPIC)).toBe('topic-2');
    room.rejected.set('$join-dan' as EventId, 'state');
    expect(at(resolveBoth(room, one ?? base, two ?? base), TOPIC)).toBeNull();
  });

  test('an event rejected by the state before it is judged anew; one rejected by its auth events is out', () => {
    const room = new RoomBuilder(version);
    const base = room.start();
    const one = room.send(base, topic('topic-1', '@alice:x'));
    const two = room.send(base, topic('topic-2', '@alice:x'));
    room.rejected.set('$topic-2' as EventId, 'state');
    expect(at(resolveBoth(room, one, two), TOPIC)).toBe('topic-2');
    room.rejected.set('$topic-2' as EventId, 'authEvents');
    expect(at(resolveBoth(room, one, two), TOPIC)).toBe('topic-1');
  });

  test('equal states resolve to themselves, and no state to none', () => {
    const room = new RoomBuilder(version);
    const base = room.start();
    expect(room.resolve(base, new Map(base))).toEqual(base);
    expect(room.resolve(base)).toEqual(base);
    expect(room.resolve().size).toBe(0);
  });
});

describe('version 12', () => {
  test('of concurrent power levels by two creators both are allowed, and the later one stays', () => {
    const room = new RoomBuilder('12');
    const base = room.start({ users: {}, creators: ['@bob:x'] });
    const byAlice = room.send(base, { ...powerLevels('pl-alice', '@alice:x', { '@carol:x': 10 }), ts: 101 });
    const byBob = room.send(base, { ...powerLevels('pl-bob', '@bob:x', { '@carol:x': 20 }), ts: 100 });
    expect(at(resolveBoth(room, byAlice, byBob), POWER)).toBe('pl-alice');
  });

  test('a creator outranks the highest power level: their demotion comes first, and the admin change falls', () => {
    const room = new RoomBuilder('12');
    const base = room.start({ users: { '@bob:x': 9_007_199_254_740_991 } });
    const demoted = room.send(base, { ...powerLevels('pl-alice', '@alice:x', {}), ts: 200 });
    const promoted = room.send(base, {
      ...powerLevels('pl-bob', '@bob:x', { '@bob:x': 9_007_199_254_740_991, '@carol:x': 100 }),
      ts: 100,
    });
    expect(at(resolveBoth(room, demoted, promoted), POWER)).toBe('pl-alice');
  });

  test('an additional creator cannot be banned by an admin, so the concurrent topic of that creator stays', () => {
    const room = new RoomBuilder('12');
    const base = room.start({ users: { '@carol:x': 100 }, creators: ['@bob:x'], others: ['@carol:x'] });
    const banned = room.send(base, member('ban-bob', '@carol:x', '@bob:x', 'ban'));
    const changed = room.send(base, topic('topic-1', '@bob:x'));
    const resolved = resolveBoth(room, banned, changed);
    expect(at(resolved, MEMBER, '@bob:x')).toBe('join-bob');
    expect(at(resolved, TOPIC)).toBe('topic-1');
  });
});

/** A state in which one key has moved on while what allowed the move is in conflict with an older state: the room must not fall back. */
describe('state resets', () => {
  function stalePowerLevels(version: RoomVersionId): string | null {
    const room = new RoomBuilder(version);
    const base = room.start({ users: { ...ALICE_AND_BOB }, others: ['@carol:x'] });
    const second = room.send(base, powerLevels('pl-2', '@alice:x', withCreator(room, { '@bob:x': 100 })));
    const third = room.send(second, powerLevels('pl-3', '@bob:x', withCreator(room, { '@bob:x': 100, '@carol:x': 50 })));
    // A server whose state fell behind still has the first power levels.
    const stale = new Map(third).set(stateTuple(POWER, ''), '$pl' as EventId);
    return at(resolveBoth(room, third, stale), POWER);
  }

  test('power levels do not fall back to an old state', () => {
    expect(stalePowerLevels('11')).toBe('pl-3');
    expect(stalePowerLevels('12')).toBe('pl-3');
  });
});

function without(state: State, type: string, stateKey: string): State {
  const key = stateTuple(type, stateKey);
  return new Map([...state].filter(([candidate]) => candidate !== key));
}

/** Below version 12 the creator's level is an entry like any other. */
function withCreator(room: RoomBuilder, users: Record<string, number>): Record<string, number> {
  return room.version.creatorsHaveInfinitePower ? users : { '@alice:x': 100, ...users };
}
