import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { firstFailure } from '../../../src/app/plugins/check-state-resolvers.ts';
import type { Algorithm } from '../../../src/app/plugins/resolver-vectors/resolver-vectors.ts';
import type { EventId } from '../../../src/core/ids/brands.ts';
import { MemoryEventSource } from '../../../src/core/state-res/memory-event-source.ts';
import { runResolver } from '../../../src/core/state-res/run-resolver.ts';
import { stateTuple } from '../../../src/core/state-res/state-map.ts';
import type { StateResolver } from '../../../src/core/state-res/state-resolver.ts';
import { type LabelledPdu, readable, roomFromPdus, stateOf } from '../../unit/state-res/room-fixture.ts';

const FOLDER = new URL('../../vectors/state-resolution/', import.meta.url);

function read<Content>(path: string): Content {
  return JSON.parse(readFileSync(new URL(path, FOLDER), 'utf8')) as Content;
}

/** Published vectors by algorithm: the expected file, the events, the states. */
const PUBLISHED: { readonly [Name in Algorithm]: readonly (readonly [expected: string, events: string, states: readonly string[]])[] } = {
  v1: [],
  v2: [
    ['msc4297_problem_a_state_res_v2_0', 'MSC4297-problem-A/pdus-v11', ['MSC4297-problem-A/state-bob', 'MSC4297-problem-A/state-charlie']],
    ['msc4297_problem_b_state_res_v2_0', 'MSC4297-problem-B/pdus-v11', ['MSC4297-problem-B/state-eve', 'MSC4297-problem-B/state-zara']],
  ],
  'v2.1': [
    ['msc4297_problem_a_state_res_v2_1', 'MSC4297-problem-A/pdus-v12', ['MSC4297-problem-A/state-bob', 'MSC4297-problem-A/state-charlie']],
    ['msc4297_problem_b_state_res_v2_1', 'MSC4297-problem-B/pdus-v12', ['MSC4297-problem-B/state-eve', 'MSC4297-problem-B/state-zara']],
  ],
};

/** What every provider of `stateResolver:<algorithm>` has to do. Call it in a test file with your resolver. */
export function stateResolverContract(name: string, algorithm: Algorithm, resolver: StateResolver): void {
  describe(`${name} as stateResolver:${algorithm}`, () => {
    test('passes the vectors that a server asks for at its start', () => {
      expect(firstFailure(resolver, algorithm)).toBeNull();
    });

    test('passes the published vectors, whatever the order of the states', () => {
      for (const [expected, pdus, states] of PUBLISHED[algorithm]) {
        const { version, events } = roomFromPdus(read<LabelledPdu[]>(`fixtures/${pdus}.json`));
        const stateSets = states.map((state) => stateOf(read<string[]>(`fixtures/${state}.json`), events));
        const wanted = read<{ type: string; state_key: string; event_id: string }[]>(`expected/${expected}.json`);
        const state = readable(new Map(wanted.map((each) => [stateTuple(each.type, each.state_key), each.event_id as EventId])));
        for (const sets of [stateSets, stateSets.toReversed(), [...stateSets, ...stateSets]]) {
          const resolved = readable(runResolver(resolver, { version, stateSets: sets }, new MemoryEventSource(events)));
          expect({ vector: expected, resolved }).toEqual({ vector: expected, resolved: state });
        }
      }
    });

    test('resolves no states to no state, and one state to itself', () => {
      const { version, events } = roomFromPdus(read<LabelledPdu[]>('fixtures/bootstrap-public-chat.json'));
      const state = stateOf(
        [...events.values()].filter((event) => event.stateKey !== undefined).map((event) => event.eventId),
        events,
      );
      const source = new MemoryEventSource(events);
      expect(runResolver(resolver, { version, stateSets: [] }, source).size).toBe(0);
      expect(readable(runResolver(resolver, { version, stateSets: [state] }, source))).toEqual(readable(state));
    });
  });
}
