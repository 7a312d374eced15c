import type { EventId } from '../../core/ids/brands.ts';
import { MemoryEventSource } from '../../core/state-res/memory-event-source.ts';
import { STATE_RESOLVERS } from '../../core/state-res/run-resolver.ts';
import { type StateMap, stateTuple } from '../../core/state-res/state-map.ts';
import type { StateResolver } from '../../core/state-res/state-resolver.ts';
import { PluginError, type PluginRegistry } from './plugin-registry.ts';
import { type Algorithm, type ResolverVector, resolverVectors } from './resolver-vectors/resolver-vectors.ts';

/** Requests of one resolution; the built-in resolvers need fewer than ten. */
const RESOLUTION_STEPS_MAX = 10_000;

const ALGORITHMS = Object.keys(STATE_RESOLVERS) as Algorithm[];

/**
 * A server whose rooms resolve otherwise than everybody else's falls out of them. So a state resolver that is not built in has to pass
 * the vectors before the server starts.
 *
 * @throws PluginError with the plug-in, the algorithm, and what should have won
 */
export function checkStateResolvers(registry: PluginRegistry): void {
  for (const algorithm of ALGORITHMS) {
    const provider = registry.provider(`stateResolver:${algorithm}`);
    if (provider === null || provider.value === STATE_RESOLVERS[algorithm]) continue;
    const failure = firstFailure(provider.value, algorithm);
    if (failure !== null) throw new PluginError(`Plug-in ${provider.plugin}: its stateResolver:${algorithm} is wrong: ${failure}`);
  }
}

/** What a resolver gets wrong first; null when it passes every vector of its algorithm. */
export function firstFailure(resolver: StateResolver, algorithm: Algorithm): string | null {
  for (const vector of resolverVectors(algorithm)) {
    for (const states of [vector.states, vector.states.toReversed()]) {
      const failure = failureOf(resolver, vector, states);
      if (failure !== null) return `room version ${vector.room.version.id}, “${vector.name}”: ${failure}`;
    }
  }
  return null;
}

function failureOf(resolver: StateResolver, { room, expected }: ResolverVector, states: ResolverVector['states']): string | null {
  let resolved: StateMap<EventId>;
  try {
    resolved = run(resolver, room, states);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  for (const [type, stateKey, id] of expected) {
    const got = resolved.get(stateTuple(type, stateKey))?.slice(1) ?? null;
    if (got !== id) return `${type} ${stateKey} is ${got ?? 'missing'}, should be ${id ?? 'missing'}`;
  }
  return null;
}

function run(resolver: StateResolver, { version, events }: ResolverVector['room'], stateSets: ResolverVector['states']): StateMap<EventId> {
  const source = new MemoryEventSource(events);
  const resolution = resolver({ version, stateSets });
  let step = resolution.next();
  for (let steps = 1; step.done !== true; steps++) {
    if (steps > RESOLUTION_STEPS_MAX) throw new Error(`it asks more than ${RESOLUTION_STEPS_MAX} times for data`);
    step = resolution.next(source.answer(step.value));
  }
  return step.value;
}
