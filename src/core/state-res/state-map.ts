/** Key of one piece of state: event type and state key, joined so that it can key a Map. Types never contain NUL (event format limits). */
export type StateTuple = string & { readonly __stateTuple: true };

export function stateTuple(type: string, stateKey: string): StateTuple {
  return `${type}\0${stateKey}` as StateTuple;
}

export function splitStateTuple(tuple: StateTuple): { type: string; stateKey: string } {
  const at = tuple.indexOf('\0');
  return { type: tuple.slice(0, at), stateKey: tuple.slice(at + 1) };
}

/** Room state: at most one value (an event, an event id) per (type, state key). */
export type StateMap<T> = ReadonlyMap<StateTuple, T>;
