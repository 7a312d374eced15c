import type { StateTuple } from '../../core/state-res/state-map.ts';

/** What to change in `from` to have `to`: new or changed entries, and `null` for entries that vanished. */
export function diffStates<T>(from: ReadonlyMap<StateTuple, T>, to: ReadonlyMap<StateTuple, T>): Map<StateTuple, T | null> {
  const delta = new Map<StateTuple, T | null>();
  for (const [tuple, value] of to) if (from.get(tuple) !== value) delta.set(tuple, value);
  for (const tuple of from.keys()) if (!to.has(tuple)) delta.set(tuple, null);
  return delta;
}
