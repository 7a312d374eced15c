import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RoomEvent } from '../../../src/core/events/room-event.ts';
import type { EventId } from '../../../src/core/ids/brands.ts';
import { type StateMap, type StateTuple, stateTuple } from '../../../src/core/state-res/state-map.ts';
import { type Events, type LabelledPdu, readable, resolveStates, roomFromPdus, stateOf } from './room-fixture.ts';

const FOLDER = new URL('../../vectors/state-resolution/', import.meta.url);

function read<Content>(path: string): Content {
  return JSON.parse(readFileSync(new URL(path, FOLDER), 'utf8')) as Content;
}

function expected(name: string): Record<string, string> {
  const entries = read<{ type: string; state_key: string; event_id: string }[]>(`expected/${name}.json`);
  return readable(new Map(entries.map((entry) => [stateTuple(entry.type, entry.state_key), entry.event_id as EventId])));
}

const BATCHES: [name: string, winner: string, files: string[]][] = [
  ['minimal_private_chat', 'the plain state', ['bootstrap-private-chat']],
  ['minimal_public_chat', 'the plain state', ['bootstrap-public-chat']],
  ['origin_server_ts_tiebreak', 'the later timestamp', ['bootstrap-private-chat', 'origin-server-ts-tiebreak']],
  ['ban_vs_power_levels', 'the ban', ['bootstrap-public-chat', 'ban-vs-power-levels-alice', 'ban-vs-power-levels-bob']],
  ['topic_vs_power_levels', 'the demotion', ['bootstrap-public-chat', 'topic-vs-power-levels-alice', 'topic-vs-power-levels-bob']],
  [
    'power_levels_admin_vs_mod',
    "the admin's change",
    ['bootstrap-public-chat', 'power-levels-admin-vs-mod-alice', 'power-levels-admin-vs-mod-bob'],
  ],
  ['topic_vs_ban', 'the ban', ['bootstrap-public-chat', 'topic-vs-ban-common', 'topic-vs-ban-alice', 'topic-vs-ban-bob']],
  [
    'join_rules_vs_join',
    'the join rule',
    ['bootstrap-public-chat', 'join-rules-vs-join-common', 'join-rules-vs-join-alice', 'join-rules-vs-join-ella'],
  ],
  ['concurrent_joins', 'both joins', ['bootstrap-public-chat', 'concurrent-joins-charlie', 'concurrent-joins-ella']],
];

describe.each(BATCHES)('%s: %s wins', (name, _winner, files) => {
  const batches = files.map((file) => read<LabelledPdu[]>(`fixtures/${file}.json`));
  const { version, events } = roomFromPdus(batches.flat());
  const resolve = (sets: StateMap<EventId>[]): StateMap<EventId> => resolveStates(version, events, sets);

  test('event by event', () => {
    const after = new Map<EventId, StateMap<EventId>>();
    const ends = new Set<EventId>();
    for (const event of events.values()) {
      after.set(event.eventId, withEvent(resolve(event.prevEvents.map((id) => after.get(id) ?? new Map())), event));
      for (const id of event.prevEvents) ends.delete(id);
      ends.add(event.eventId);
    }
    expect(readable(resolve([...ends].map((id) => after.get(id) ?? new Map())))).toEqual(expected(name));
  });

  test('batch by batch', () => {
    let state: StateMap<EventId> = new Map();
    for (const batch of batches) state = resolve([state, ...layers(batch, events, state)]);
    expect(readable(state)).toEqual(expected(name));
  });

  test('all at once', () => {
    expect(readable(resolve(layers(batches.flat(), events, new Map())))).toEqual(expected(name));
  });
});

/** The state, changed by the first event of each key, by the second one, and so on. Each event is in one layer only, so that it is in conflict. */
function layers(batch: readonly LabelledPdu[], events: Events, state: StateMap<EventId>): StateMap<EventId>[] {
  const byKey = Map.groupBy(
    batch.filter((raw) => raw.state_key !== undefined),
    (raw) => stateTuple(raw.type, raw.state_key ?? ''),
  );
  const depth = Math.max(0, ...[...byKey.values()].map((raws) => raws.length));
  return Array.from({ length: depth }, (_, layer) => {
    const ids = [...byKey.values()].flatMap((raws) => raws[layer]?.event_id ?? []);
    return new Map<StateTuple, EventId>([...state, ...stateOf(ids, events)]);
  });
}

function withEvent(state: StateMap<EventId>, event: RoomEvent): StateMap<EventId> {
  return event.stateKey === undefined ? state : new Map([...state, [stateTuple(event.type, event.stateKey), event.eventId]]);
}

describe.each([
  ['msc4297_problem_a_state_res_v2_0', 'MSC4297-problem-A', 'pdus-v11', ['state-bob', 'state-charlie']],
  ['msc4297_problem_a_state_res_v2_1', 'MSC4297-problem-A', 'pdus-v12', ['state-bob', 'state-charlie']],
  ['msc4297_problem_b_state_res_v2_0', 'MSC4297-problem-B', 'pdus-v11', ['state-eve', 'state-zara']],
  ['msc4297_problem_b_state_res_v2_1', 'MSC4297-problem-B', 'pdus-v12', ['state-eve', 'state-zara']],
])('%s', (name, folder, pdus, states) => {
  const { version, events } = roomFromPdus(read<LabelledPdu[]>(`fixtures/${folder}/${pdus}.json`));
  const sets = states.map((state) => stateOf(read<string[]>(`fixtures/${folder}/${state}.json`), events));

  test('has the expected state', () => {
    expect(readable(resolveStates(version, events, sets))).toEqual(expected(name));
  });

  test('does not depend on the order of the states', () => {
    expect(readable(resolveStates(version, events, sets.toReversed()))).toEqual(expected(name));
  });
});
