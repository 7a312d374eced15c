import { expect, test } from 'vitest';
import { checkStateResolvers, firstFailure } from '../../../src/app/plugins/check-state-resolvers.ts';
import { PluginRegistry } from '../../../src/app/plugins/plugin-registry.ts';
import { STATE_RESOLVERS } from '../../../src/core/state-res/run-resolver.ts';
import type { StateResolver } from '../../../src/core/state-res/state-resolver.ts';

const ALGORITHMS = ['v1', 'v2', 'v2.1'] as const;

test('each algorithm passes its own vectors and none of the others’', () => {
  for (const algorithm of ALGORITHMS) {
    for (const other of ALGORITHMS) {
      const passes = firstFailure(STATE_RESOLVERS[algorithm], other) === null;
      expect({ algorithm, other, passes }).toEqual({ algorithm, other, passes: algorithm === other });
    }
  }
});

function registryWith(resolver: StateResolver): PluginRegistry {
  const registry = new PluginRegistry({});
  registry.provide('own', 'stateResolver:v2', resolver);
  registry.freeze();
  return registry;
}

test('a resolver that is not built in is accepted when it is right', () => {
  expect(() => checkStateResolvers(registryWith((input) => STATE_RESOLVERS.v2(input)))).not.toThrow();
});

test.each<[string, StateResolver, RegExp]>([
  [
    'the first state',
    function* ({ stateSets }) {
      yield { need: 'events', ids: [] };
      return stateSets[0] ?? new Map();
    },
    /Plug-in own: its stateResolver:v2 is wrong: room version 2, “two joins at once both stay”/,
  ],
  [
    'an exception',
    function* () {
      yield { need: 'events', ids: [] };
      throw new Error('not written yet');
    },
    /not written yet/,
  ],
  [
    'questions without end',
    function* () {
      for (;;) yield { need: 'events', ids: [] };
    },
    /asks more than 10000 times/,
  ],
])('a resolver that answers with %s is refused', (_, resolver, message) => {
  expect(() => checkStateResolvers(registryWith(resolver))).toThrow(message);
});
