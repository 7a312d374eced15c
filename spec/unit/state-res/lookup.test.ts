import { describe, expect, test } from 'vitest';
import type { RoomEvent } from '../../../src/core/events/room-event.ts';
import type { EventId } from '../../../src/core/ids/brands.ts';
import type { RoomVersionId } from '../../../src/core/room-versions/room-version.ts';
import { authIdsIn, citedState } from '../../../src/core/state-res/auth-lookup.ts';
import { compareByAge, compareText } from '../../../src/core/state-res/compare-events.ts';
import { EventPool } from '../../../src/core/state-res/event-pool.ts';
import { fullConflictedSet } from '../../../src/core/state-res/full-conflicted-set.ts';
import { MemoryEventSource } from '../../../src/core/state-res/memory-event-source.ts';
import { selectPowerEvents } from '../../../src/core/state-res/power-events.ts';
import { STATE_RESOLVERS } from '../../../src/core/state-res/run-resolver.ts';
import type { ResolverNeed } from '../../../src/core/state-res/state-resolver.ts';
import { at, member, powerLevels, RoomBuilder, type State, topic } from './room-builder.ts';

const id = (label: string): EventId => `$${label}` as EventId;

/** Resolves and keeps what was asked for. */
function resolve(room: RoomBuilder, ...stateSets: State[]): { resolved: State; needs: ResolverNeed[] } {
  const source = new MemoryEventSource(room.events, room.rejected);
  const needs: ResolverNeed[] = [];
  const resolution = STATE_RESOLVERS[room.version.stateResolution]({ version: room.version, stateSets });
  let step = resolution.next();
  while (step.done !== true) {
    needs.push(step.value);
    step = resolution.next(source.answer(step.value));
  }
  return { resolved: step.value, needs };
}

/** A pool that holds the whole room. */
function poolOf(room: RoomBuilder): EventPool {
  const pool = new EventPool();
  const load = pool.load(room.events.keys());
  load.next();
  load.next(new MemoryEventSource(room.events, room.rejected).answer({ need: 'events', ids: [...room.events.keys()] }));
  return pool;
}

describe.each<RoomVersionId>(['1', '2', '11', '12'])('what a resolver asks for, version %s', (version) => {
  const founded = () => {
    const room = new RoomBuilder(version);
    const users: Record<string, number> = version === '12' ? { '@bob:x': 50 } : { '@alice:x': 100, '@bob:x': 50 };
    return { room, base: room.start({ users }) };
  };

  test('are events that somebody names', () => {
    const { room, base } = founded();
    const one = room.send(room.send(base, topic('t1', '@bob:x')), member('invite-dan', '@bob:x', '@dan:x', 'invite'));
    const two = room.sendAll(
      base,
      topic('t2', '@dan:x'),
      powerLevels('pl-2', '@alice:x', {}),
      member('ban-bob', '@alice:x', '@bob:x', 'ban'),
    );
    const { needs } = resolve(room, one, two);
    const asked = needs.flatMap((need) => (need.need === 'events' ? need.ids : []));
    expect(asked.filter((one) => !room.events.has(one))).toEqual([]);
    expect(asked.length).toBeGreaterThan(0);
  });

  test('may be unknown, and is then as if it were not there', () => {
    const { room, base } = founded();
    const one = room.send(base, topic('t1', '@bob:x'));
    const two = room.send(base, topic('t2', '@alice:x'));
    const lost = room.send(base, topic('lost', '@alice:x'));
    expect(at(resolve(room, one, two, lost).resolved, 'm.room.topic')).toBe('lost');
    room.events.delete(id('lost'));
    room.events.delete(id('jr'));
    expect(at(resolve(room, one, two, lost).resolved, 'm.room.topic')).toBe('t2');
  });
});

describe.each<RoomVersionId>(['1', '11', '12'])('the state that the rules ask for, version %s', (version) => {
  test('has the create event, cited or not', () => {
    const room = new RoomBuilder(version);
    const base = room.start();
    room.send(base, topic('t', '@alice:x'));
    const ids = authIdsIn(base, [room.events.get(id('t')) as RoomEvent], room.version);
    expect(ids).toEqual(new Set([id('create'), id('pl'), id('join-alice')]));
  });
});

describe('the events that an event cites', () => {
  const room = new RoomBuilder('11');
  const base = room.start();
  room.send(base, member('kick', '@alice:x', '@bob:x', 'leave'));
  const kick = room.events.get(id('kick')) as RoomEvent;
  const cited = citedState(kick, room.version, poolOf(room), (one) => one !== id('pl'));

  test('are found by type and state key', () => {
    expect(cited('m.room.member', '@alice:x')?.eventId).toBe('$join-alice');
    expect(cited('m.room.member', '@bob:x')?.eventId).toBe('$join-bob');
    expect(cited('m.room.create', '')?.eventId).toBe('$create');
    expect(cited('m.room.create', '@bob:x')).toBe(undefined);
    expect(cited('m.room.member', '')).toBe(undefined);
  });

  test('are none of those that are refused', () => {
    expect(cited('m.room.power_levels', '')).toBe(undefined);
  });
});

describe('comparing', () => {
  const event = (label: string, originServerTs: number): RoomEvent => ({ eventId: id(label), originServerTs }) as RoomEvent;

  test('text goes by code units, and equal text is equal', () => {
    expect(compareText('a', 'b')).toBe(-1);
    expect(compareText('b', 'a')).toBe(1);
    expect(compareText('a', 'a')).toBe(0);
    expect(compareText('B', 'a')).toBe(-1);
  });

  test('events go by time, then by id', () => {
    expect(compareByAge(event('b', 1), event('a', 2))).toBeLessThan(0);
    expect(compareByAge(event('a', 2), event('b', 1))).toBeGreaterThan(0);
    expect(compareByAge(event('b', 1), event('a', 1))).toBeGreaterThan(0);
    expect(compareByAge(event('a', 1), event('a', 1))).toBe(0);
  });
});

describe('events that are not known', () => {
  const room = new RoomBuilder('11');
  room.start();

  test('have no verdict, and nothing below them', () => {
    expect(poolOf(room).rejection(id('gone'))).toBeNull();
    const source = new MemoryEventSource(room.events);
    expect(source.authChain([id('gone')])).toEqual(new Set());
    expect(source.answer({ need: 'events', ids: [id('gone')] })).toEqual({ events: new Map() });
    room.events.delete(id('create'));
    const full = new Set([id('pl'), id('create')]);
    expect(selectPowerEvents(full, poolOf(room)).next()).toEqual({ done: true, value: full });
  });
});

test('ids are not taken for events, nor events for ids', () => {
  const load = new EventPool().load([id('a')]);
  load.next();
  expect(() => load.next({ ids: [] })).toThrow('was answered with ids');
  const full = fullConflictedSet({ stateSets: [], conflicted: new Set(), withSubgraph: false });
  full.next();
  expect(() => full.next({ events: new Map() })).toThrow('authDifference and was not answered with ids');
});
