import { describe, expect, test } from 'vitest';
import { at, join, joinRules, member, powerLevels, RoomBuilder, topic } from './room-builder.ts';

const POWER = 'm.room.power_levels';
const MEMBER = 'm.room.member';
const TOPIC = 'm.room.topic';

describe('version 1', () => {
  test('a key that one state lacks is not in conflict', () => {
    const room = new RoomBuilder('1');
    const base = room.start();
    const resolved = room.resolve(base, room.send(base, topic('topic-1', '@dan:x')));
    expect(at(resolved, TOPIC)).toBe('topic-1');
  });

  test('the shallowest power levels are taken, then each deeper one that is allowed', () => {
    const room = new RoomBuilder('1');
    const base = room.start();
    const promoted = room.send(base, powerLevels('pl-2', '@alice:x', { '@alice:x': 100, '@bob:x': 60 }));
    expect(at(room.resolve(base, promoted), POWER)).toBe('pl-2');
    expect(at(room.resolve(promoted, base), POWER)).toBe('pl-2');
    const forged = room.send(base, powerLevels('pl-3', '@dan:x', { '@dan:x': 100 }));
    expect(at(room.resolve(base, promoted, forged), POWER)).toBe('pl-2');
  });

  test('each of them is judged by the one before', () => {
    const room = new RoomBuilder('1');
    const base = room.start();
    const resigned = room.send(base, powerLevels('pl-2', '@bob:x', { '@alice:x': 100, '@bob:x': 49 }));
    expect(at(room.resolve(base, resigned), POWER)).toBe('pl-2');
    const again = room.send(resigned, powerLevels('pl-3', '@bob:x', { '@alice:x': 100 }));
    expect(at(room.resolve(base, resigned, again), POWER)).toBe('pl-2');
  });

  test('the first power levels that are not allowed end the list', () => {
    const room = new RoomBuilder('1');
    const base = room.start();
    const forged = room.send(base, powerLevels('pl-2', '@dan:x', { '@dan:x': 100 }));
    const good = room.send(base, powerLevels('pl-3', '@alice:x', { '@alice:x': 100 }));
    expect(at(room.resolve(base, forged, good), POWER)).toBe('pl');
  });

  test('join rules are judged under the resolved power levels', () => {
    const room = new RoomBuilder('1');
    const base = room.start();
    const demoted = room.send(base, powerLevels('pl-2', '@alice:x', { '@alice:x': 100 }));
    const closed = room.send(base, joinRules('jr-bob', '@bob:x', 'invite'));
    expect(at(room.resolve(demoted, closed), 'm.room.join_rules')).toBe('jr');
    expect(at(room.resolve(base, closed), 'm.room.join_rules')).toBe('jr-bob');
  });

  test('members are judged under the resolved join rules', () => {
    const room = new RoomBuilder('1');
    const base = room.send(room.start(), member('leave-dan', '@dan:x', '@dan:x', 'leave'));
    const closed = room.send(base, joinRules('jr-closed', '@alice:x', 'invite'));
    const joined = room.send(base, join('@dan:x'));
    expect(at(room.resolve(closed, joined), MEMBER, '@dan:x')).toBe('leave-dan');
    expect(at(room.resolve(base, joined), MEMBER, '@dan:x')).toBe('join-dan');
  });

  test('members see join rules that were open themselves', () => {
    const room = new RoomBuilder('1');
    const closed = room.sendAll(
      room.start(),
      joinRules('jr-closed', '@alice:x', 'invite'),
      member('leave-dan', '@dan:x', '@dan:x', 'leave'),
    );
    const open = room.sendAll(closed, joinRules('jr-open', '@alice:x', 'public'), join('@dan:x'));
    expect(at(room.resolve(closed, open), 'm.room.join_rules')).toBe('jr-open');
    expect(at(room.resolve(closed, open), MEMBER, '@dan:x')).toBe('join-dan');
  });

  test('members of one pass do not see the results of each other', () => {
    const room = new RoomBuilder('1');
    const base = room.start({ others: ['@carol:x'] });
    const byBob = room.send(base, member('ban-carol', '@bob:x', '@carol:x', 'ban'));
    const byAlice = room.send(base, member('ban-bob', '@alice:x', '@bob:x', 'ban'));
    for (const resolved of [room.resolve(byBob, byAlice), room.resolve(byAlice, byBob)]) {
      expect(at(resolved, MEMBER, '@bob:x')).toBe('ban-bob');
      // The membership of Bob is open during this pass, so nothing says that he is in the room.
      expect(at(resolved, MEMBER, '@carol:x')).toBe('join-carol');
    }
  });

  test('of other events the deepest that is allowed wins', () => {
    const room = new RoomBuilder('1');
    const base = room.send(room.start(), topic('topic-1', '@alice:x'));
    const second = room.send(base, topic('topic-2', '@bob:x'));
    const forged = room.send(base, topic('topic-3', '@dan:x'));
    expect(at(room.resolve(base, second, forged), TOPIC)).toBe('topic-2');
    const banned = room.send(base, member('ban-bob', '@alice:x', '@bob:x', 'ban'));
    expect(at(room.resolve(banned, second), TOPIC)).toBe('topic-1');
  });

  test('a key without any allowed event is left out', () => {
    const room = new RoomBuilder('1');
    const base = room.start();
    const one = room.send(base, topic('topic-1', '@dan:x'));
    const two = room.send(base, topic('topic-2', '@eve:x'));
    expect(at(room.resolve(one, two), TOPIC)).toBeNull();
  });

  test('of equally deep events the one with the lowest SHA-1 of its id wins', () => {
    const room = new RoomBuilder('1');
    const base = room.start();
    // SHA-1: $topic-a b205…, $topic-b de8f….
    const a = room.send(base, { ...topic('topic-a', '@alice:x'), depth: 50 });
    const b = room.send(base, { ...topic('topic-b', '@alice:x'), depth: 50 });
    expect(at(room.resolve(a, b), TOPIC)).toBe('topic-a');
    expect(at(room.resolve(b, a), TOPIC)).toBe('topic-a');
  });

  test('of equally deep power levels the one with the lowest SHA-1 comes last', () => {
    const room = new RoomBuilder('1');
    const base = room.start();
    const a = room.send(base, { ...powerLevels('topic-a', '@alice:x', { '@alice:x': 100, '@bob:x': 1 }), depth: 50 });
    const b = room.send(base, { ...powerLevels('topic-b', '@alice:x', { '@alice:x': 100, '@bob:x': 2 }), depth: 50 });
    expect(at(room.resolve(a, b), POWER)).toBe('topic-a');
  });
});
