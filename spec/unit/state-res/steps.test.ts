import { describe, expect, test } from 'vitest';
import type { RoomEvent } from '../../../src/core/events/room-event.ts';
import type { EventId } from '../../../src/core/ids/brands.ts';
import type { JsonObject } from '../../../src/core/json/json-value.ts';
import { EventPool } from '../../../src/core/state-res/event-pool.ts';
import { iterativeAuthChecks } from '../../../src/core/state-res/iterative-auth-checks.ts';
import { mainlineOrdering } from '../../../src/core/state-res/mainline-ordering.ts';
import { MemoryEventSource } from '../../../src/core/state-res/memory-event-source.ts';
import { MinHeap } from '../../../src/core/state-res/min-heap.ts';
import { isPowerEvent, selectPowerEvents } from '../../../src/core/state-res/power-events.ts';
import { sortByPower } from '../../../src/core/state-res/power-ordering.ts';
import { resolveV2, resolveV21 } from '../../../src/core/state-res/resolve-v2.ts';
import { splitConflicts } from '../../../src/core/state-res/split-conflicts.ts';
import { splitStateTuple, stateTuple } from '../../../src/core/state-res/state-map.ts';
import type { Resolution, ResolverNeed } from '../../../src/core/state-res/state-resolver.ts';
import { powerLevels, RoomBuilder, topic } from './room-builder.ts';

const id = (label: string): EventId => `$${label}` as EventId;

function event(
  label: string,
  more: { type?: string; stateKey?: string | undefined; sender?: string; content?: JsonObject; ts?: number; auth?: string[] } = {},
): RoomEvent {
  return {
    eventId: id(label),
    roomId: '!r:x',
    type: more.type ?? 'x',
    stateKey: 'stateKey' in more ? more.stateKey : '',
    sender: more.sender ?? '@a:x',
    content: more.content ?? {},
    originServerTs: more.ts ?? 0,
    depth: 0,
    prevEvents: [],
    authEvents: (more.auth ?? []).map(id),
    redacts: undefined,
  } as unknown as RoomEvent;
}

/** Runs one step on events in memory and keeps what it asked for. */
function run<Result>(step: Resolution<Result>, events: readonly RoomEvent[]): { result: Result; needs: ResolverNeed[] } {
  const source = new MemoryEventSource(new Map(events.map((one) => [one.eventId, one])));
  const needs: ResolverNeed[] = [];
  let next = step.next();
  while (next.done !== true) {
    needs.push(next.value);
    next = step.next(source.answer(next.value));
  }
  return { result: next.value, needs };
}

const labels = (events: readonly RoomEvent[]): string => events.map((one) => one.eventId.slice(1)).join(' ');

describe('splitting states', () => {
  const [a, b, c] = [stateTuple('a', ''), stateTuple('b', ''), stateTuple('c', '')];
  test('agreement needs the same event in every state', () => {
    const { unconflicted, conflicted } = splitConflicts([
      new Map([
        [a, id('1')],
        [b, id('2')],
      ]),
      new Map([
        [a, id('1')],
        [b, id('3')],
        [c, id('4')],
      ]),
    ]);
    expect(unconflicted).toEqual(new Map([[a, id('1')]]));
    expect(conflicted).toEqual(new Set([id('2'), id('3'), id('4')]));
  });
});

describe('power events', () => {
  test.each<[what: string, event: RoomEvent, power: boolean]>([
    ['power levels', event('e', { type: 'm.room.power_levels' }), true],
    ['join rules', event('e', { type: 'm.room.join_rules' }), true],
    ['a message of that type', event('e', { type: 'm.room.join_rules', stateKey: undefined }), false],
    ['a kick', event('e', { type: 'm.room.member', stateKey: '@b:x', content: { membership: 'leave' } }), true],
    ['a ban', event('e', { type: 'm.room.member', stateKey: '@b:x', content: { membership: 'ban' } }), true],
    ['a departure', event('e', { type: 'm.room.member', stateKey: '@a:x', content: { membership: 'leave' } }), false],
    ['an invite', event('e', { type: 'm.room.member', stateKey: '@b:x', content: { membership: 'invite' } }), false],
    ['a join', event('e', { type: 'm.room.member', stateKey: '@b:x', content: { membership: 'join' } }), false],
    ['the create event', event('e', { type: 'm.room.create' }), false],
    ['another type with a membership', event('e', { type: 'm.other', stateKey: '@b:x', content: { membership: 'ban' } }), false],
  ])('%s: %s', (_what, one, power) => {
    expect(isPowerEvent(one)).toBe(power);
  });

  test('bring what is in their auth chains and in the full conflicted set, also through events outside of it', () => {
    const events = [
      event('far'),
      event('outside', { auth: ['far'] }),
      event('near', { auth: [] }),
      event('power', { type: 'm.room.power_levels', auth: ['near', 'outside'] }),
      event('other'),
      event('above', { auth: ['power'] }),
    ];
    const pool = new EventPool();
    const full = new Set(['far', 'near', 'power', 'other', 'above'].map(id));
    run(pool.load(full), events);
    expect([...run(selectPowerEvents(full, pool), events).result].sort()).toEqual(['far', 'near', 'power'].map(id).sort());
  });

  test('ask nothing when there are none, or nothing else', () => {
    const events = [event('one'), event('power', { type: 'm.room.power_levels' })];
    const pool = new EventPool();
    run(pool.load(events.map((one) => one.eventId)), events);
    expect(run(selectPowerEvents(new Set([id('one')]), pool), events)).toEqual({ result: new Set(), needs: [] });
    expect(run(selectPowerEvents(new Set([id('power')]), pool), events)).toEqual({ result: new Set([id('power')]), needs: [] });
  });
});

describe('reverse topological power ordering', () => {
  const power = (one: RoomEvent): number => Number(one.content['power'] ?? 0);
  const sorted = (...events: RoomEvent[]): string => {
    const result = labels(sortByPower(events, power));
    expect(labels(sortByPower(events.toReversed(), power))).toBe(result);
    return result;
  };

  test('more power first, then the earlier time, then the smaller id', () => {
    expect(sorted(event('a', { content: { power: 1 } }), event('b', { content: { power: 2 } }))).toBe('b a');
    expect(sorted(event('a', { ts: 2 }), event('b', { ts: 1 }))).toBe('b a');
    expect(sorted(event('b'), event('a'))).toBe('a b');
    const infinite = { content: { power: Number.POSITIVE_INFINITY } };
    expect(sorted(event('a', { ...infinite, ts: 2 }), event('b', { ...infinite, ts: 1 }), event('c', { ts: 0 }))).toBe('b a c');
  });

  test('auth events come before what cites them, whatever their power', () => {
    const low = event('z', { content: { power: 0 }, ts: 9 });
    const high = event('a', { content: { power: 9 }, auth: ['z', 'z', 'unknown'] });
    expect(sorted(low, high, event('m', { content: { power: 5 } }))).toBe('m z a');
  });

  test('an event waits for all that it cites', () => {
    const last = event('last', { content: { power: 9 }, auth: ['one', 'two'] });
    expect(
      sorted(last, event('one', { content: { power: 3 } }), event('two', { content: { power: 1 } }), event('x', { content: { power: 2 } })),
    ).toBe('one x two last');
  });

  test('events on a circle are left out', () => {
    expect(sorted(event('a', { auth: ['b'] }), event('b', { auth: ['a'] }), event('c'))).toBe('c');
  });
});

describe('mainline ordering', () => {
  const level = (label: string, ...auth: string[]): RoomEvent => event(label, { type: 'm.room.power_levels', auth });
  const chain = [level('p0', 'p1'), level('p1', 'member', 'p2'), level('p2', 'create'), event('create'), event('member')];

  function sorted(powerLevelsId: string | null, events: RoomEvent[], others: RoomEvent[] = []): string {
    const known = [...chain, ...others, ...events];
    const pool = new EventPool();
    run(pool.load(events.map((one) => one.eventId)), known);
    return labels(run(mainlineOrdering(events, powerLevelsId === null ? undefined : id(powerLevelsId), pool), known).result);
  }

  test('events under older power levels come first, those under none before all', () => {
    const events = [
      event('a', { auth: ['p0'] }),
      event('b', { auth: ['p1'], ts: 5 }),
      event('c', { auth: ['p2'], ts: 9 }),
      event('d', { auth: ['create'], ts: 99 }),
    ];
    expect(sorted('p0', events)).toBe('d c b a');
    expect(sorted('p0', events.toReversed())).toBe('d c b a');
  });

  test('then the earlier time, then the smaller id', () => {
    expect(
      sorted('p0', [event('a', { auth: ['p1'], ts: 2 }), event('c', { auth: ['p1'], ts: 1 }), event('b', { auth: ['p1'], ts: 1 })]),
    ).toBe('b c a');
    expect(sorted('p0', [event('a', { ts: 2 }), event('b', { ts: 1 })])).toBe('b a');
  });

  test('power levels beside the mainline count as the place where they leave it', () => {
    const beside = [level('q1', 'q2'), level('q2', 'p1')];
    const events = [event('side', { auth: ['q1'], ts: 9 }), event('old', { auth: ['p2'], ts: 10 }), event('new', { auth: ['p0'], ts: 0 })];
    expect(sorted('p0', events, beside)).toBe('old side new');
  });

  test('all that builds on the same power levels beside the mainline has the same place', () => {
    const beside = [level('q1', 'q2'), level('q2', 'p1')];
    const events = [
      event('first', { auth: ['q1'], ts: 9 }),
      event('second', { auth: ['q1'], ts: 8 }),
      event('third', { auth: ['q2'], ts: 7 }),
    ];
    expect(sorted('p0', [event('old', { auth: ['p2'], ts: 10 }), ...events], beside)).toBe('old third second first');
  });

  test('power levels that never meet the mainline count as none', () => {
    expect(
      sorted(
        'p1',
        [event('a', { auth: ['p2'], ts: 1 }), event('b', { auth: ['p0'], ts: 2 }), event('lost', { auth: ['lone'], ts: 3 })],
        [level('lone')],
      ),
    ).toBe('lost a b');
  });

  test('without resolved power levels only age counts', () => {
    expect(sorted(null, [event('a', { auth: ['p2'], ts: 2 }), event('b', { auth: ['p0'], ts: 1 })])).toBe('b a');
  });

  test('asks for power levels only, as far as what is here does not tell, and says so', () => {
    const events = [event('a', { auth: ['member', 'p2'] }), event('b', { auth: ['beside'] })];
    const known = [...chain, ...events, level('beside')];
    const needsOf = (powerLevelsId: string | undefined): ResolverNeed[] => {
      const pool = new EventPool();
      run(pool.load(events.map((one) => one.eventId)), known);
      return run(mainlineOrdering(events, powerLevelsId === undefined ? undefined : id(powerLevelsId), pool), known).needs;
    };
    expect(needsOf(undefined)).toEqual([]);
    const asks = (...ids: string[]): ResolverNeed => ({ need: 'events', ids: ids.map(id), powerLevels: true });
    expect(needsOf('p2')).toEqual([asks('p2'), asks('create'), asks('beside')]);
  });

  test('power levels with a state key are none', () => {
    const odd = event('odd', { type: 'm.room.power_levels', stateKey: 'x', auth: ['p0'] });
    expect(sorted('p0', [event('a', { auth: ['odd'], ts: 5 }), event('b', { auth: ['p2'], ts: 1 })], [odd])).toBe('a b');
  });

  test('links in a circle end', () => {
    const circle = [level('c1', 'c2'), level('c2', 'c1')];
    expect(
      sorted('p0', [event('a', { auth: ['c1'], ts: 2 }), event('b', { auth: ['c2'], ts: 1 }), event('z', { auth: ['p2'] })], circle),
    ).toBe('b a z');
    expect(sorted('c1', [event('a', { auth: ['c1'] }), event('b', { auth: ['c2'] })], circle)).toBe('b a');
  });
});

describe('iterative auth checks', () => {
  test('give no place in state to an event that is none', () => {
    const room = new RoomBuilder('11');
    const base = room.start();
    room.send(base, topic('topic', '@alice:x'));
    const state = room.events.get(id('topic')) as RoomEvent;
    const message = { ...state, eventId: id('message'), type: 'm.room.message', stateKey: undefined };
    const checks = iterativeAuthChecks({ version: room.version, initial: base, events: [state, message], pool: new EventPool() });
    const { result } = run(checks, [...room.events.values(), message]);
    expect(result).toEqual(new Map([...base, [stateTuple('m.room.topic', ''), id('topic')]]));
  });
});

test('a key of state is its type and its state key', () => {
  expect(splitStateTuple(stateTuple('m.room.member', '@a:x'))).toEqual({ type: 'm.room.member', stateKey: '@a:x' });
  expect(splitStateTuple(stateTuple('m.room.name', ''))).toEqual({ type: 'm.room.name', stateKey: '' });
  expect(splitStateTuple(stateTuple('x', 'with\0nul'))).toEqual({ type: 'x', stateKey: 'with\0nul' });
});

describe('requests', () => {
  test('no event is asked for twice, known or not', () => {
    const pool = new EventPool();
    expect(run(pool.load([id('a'), id('gone'), id('a')]), [event('a')]).needs).toEqual([{ need: 'events', ids: [id('a'), id('gone')] }]);
    expect(run(pool.load([id('a'), id('gone')]), [event('a')]).needs).toEqual([]);
    expect(labels(pool.all([id('gone'), id('a')]))).toBe('a');
  });

  test('an answer of the wrong kind is a bug of the driver', () => {
    const pool = new EventPool();
    const step = pool.load([id('a')]);
    step.next();
    expect(() => step.next({ ids: [] })).toThrow('events');
    const room = new RoomBuilder('2');
    const base = room.start();
    const resolution = resolveV2({ version: room.version, stateSets: [base, room.send(base, topic('t', '@alice:x'))] });
    expect(resolution.next().value).toMatchObject({ need: 'authDifference' });
    expect(() => resolution.next({ events: new Map() })).toThrow('authDifference');
  });

  test('states without conflict need nothing', () => {
    const room = new RoomBuilder('12');
    const base = room.start();
    expect(resolveV21({ version: room.version, stateSets: [base, base] }).next()).toEqual({ done: true, value: base });
  });

  test('a conflict takes a handful of requests, the subgraph only since version 12', () => {
    const needsOf = (version: '11' | '12'): string[] => {
      const room = new RoomBuilder(version);
      const base = room.start({ users: version === '12' ? { '@bob:x': 50 } : { '@alice:x': 100, '@bob:x': 50 } });
      const one = room.send(base, topic('t', '@alice:x'));
      const two = room.send(base, powerLevels('pl-2', '@alice:x', version === '12' ? {} : { '@alice:x': 100 }));
      const resolver = version === '12' ? resolveV21 : resolveV2;
      return run(resolver({ version: room.version, stateSets: [one, two] }), [...room.events.values()]).needs.map((need) => need.need);
    };
    expect(needsOf('11').slice(0, 2)).toEqual(['authDifference', 'events']);
    expect(needsOf('11')).not.toContain('conflictedSubgraph');
    expect(needsOf('12').slice(0, 3)).toEqual(['authDifference', 'conflictedSubgraph', 'events']);
    expect(needsOf('11').length).toBeLessThanOrEqual(6);
  });
});

test('the heap gives back what it got, the smallest first', () => {
  const heap = new MinHeap<number>((a, b) => a - b);
  const values = [5, 3, 8, 1, 9, 2, 7, 3, 6, 4, 0];
  for (const value of values) heap.push(value);
  const out: number[] = [];
  for (let value = heap.pop(); value !== undefined; value = heap.pop()) out.push(value);
  expect(out).toEqual(values.toSorted((a, b) => a - b));
});
