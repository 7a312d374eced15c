import type { EventId } from '../ids/brands.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { resolveV1 } from './resolve-v1.ts';
import { resolveV2, resolveV21 } from './resolve-v2.ts';
import type { StateMap } from './state-map.ts';
import type { ResolverAnswer, ResolverInput, ResolverNeed, StateResolver } from './state-resolver.ts';

/** The built-in resolver of each algorithm in the room-version table. */
export const STATE_RESOLVERS: { readonly [Algorithm in RoomVersion['stateResolution']]: StateResolver } = {
  v1: resolveV1,
  v2: resolveV2,
  'v2.1': resolveV21,
};

/** Where a resolver's requests are answered at once, e.g. `MemoryEventSource`. */
export interface ResolverSource {
  answer(need: ResolverNeed): ResolverAnswer;
}

/** Runs a resolver on data that is all in memory. */
export function runResolver(resolver: StateResolver, input: ResolverInput, source: ResolverSource): StateMap<EventId> {
  const resolution = resolver(input);
  let step = resolution.next();
  while (step.done !== true) step = resolution.next(source.answer(step.value));
  return step.value;
}

/** Runs a resolver whose requests take time to answer. A failing answer ends the resolution with its error. */
export async function driveResolver(
  resolver: StateResolver,
  input: ResolverInput,
  answer: (need: ResolverNeed) => Promise<ResolverAnswer> | ResolverAnswer,
): Promise<StateMap<EventId>> {
  const resolution = resolver(input);
  let step = resolution.next();
  while (step.done !== true) step = resolution.next(await answer(step.value));
  return step.value;
}
