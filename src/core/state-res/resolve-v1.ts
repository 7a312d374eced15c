import { hash } from 'node:crypto';
import { authorise } from '../auth/authorise.ts';
import type { AuthState } from '../auth/auth-state.ts';
import type { RoomEvent } from '../events/room-event.ts';
import type { EventId } from '../ids/brands.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { authIdsIn } from './auth-lookup.ts';
import { compareText } from './compare-events.ts';
import { EventPool } from './event-pool.ts';
import { splitStateTuple, type StateMap, type StateTuple, stateTuple } from './state-map.ts';
import type { Resolution, ResolverInput } from './state-resolver.ts';

/** Types that affect the authorisation rules, in the order in which their conflicts are resolved. All other types come last. */
const AUTH_PASSES = ['m.room.power_levels', 'm.room.join_rules', 'm.room.member'];

/**
 * State resolution of room version 1. Keys of the same pass are resolved independently of each other, against the result of the passes before.
 * https://spec.matrix.org/v1.19/rooms/v1/#state-resolution
 */
export function* resolveV1({ version, stateSets }: ResolverInput): Resolution<StateMap<EventId>> {
  const { agreed, conflicts } = splitV1(stateSets);
  if (conflicts.size === 0) return agreed;
  const pool = new EventPool();
  yield* pool.load([...conflicts.values()].flatMap((ids) => [...ids]));
  const candidates = new Map<StateTuple, RoomEvent[]>();
  for (const [key, ids] of conflicts) candidates.set(key, oldestFirst(pool.all(ids)));
  yield* pool.load(authIdsIn(agreed, [...candidates.values()].flat(), version));

  const resolved = new Map(agreed);
  for (const type of [...AUTH_PASSES, null]) {
    const winners = new Map<StateTuple, EventId>();
    for (const [key, events] of candidates) {
      const keyType = splitStateTuple(key).type;
      if (type === null ? AUTH_PASSES.includes(keyType) : keyType !== type) continue;
      const winner = type === null ? newestAllowed(events, resolved, version, pool) : lastOfChain(key, events, resolved, version, pool);
      if (winner !== undefined) winners.set(key, winner.eventId);
    }
    for (const [key, id] of winners) resolved.set(key, id);
  }
  return resolved;
}

/** Unlike later versions, a key that some sets lack is not in conflict as long as the others agree. */
function splitV1(stateSets: readonly StateMap<EventId>[]): {
  agreed: Map<StateTuple, EventId>;
  conflicts: Map<StateTuple, Set<EventId>>;
} {
  const agreed = new Map<StateTuple, EventId>();
  const conflicts = new Map<StateTuple, Set<EventId>>();
  for (const set of stateSets) {
    for (const [key, id] of set) {
      const other = agreed.get(key);
      const conflict = conflicts.get(key);
      if (conflict !== undefined) conflict.add(id);
      else if (other === undefined) agreed.set(key, id);
      else if (other !== id) conflicts.set(key, new Set([other, id]));
    }
  }
  for (const key of conflicts.keys()) agreed.delete(key);
  return { agreed, conflicts };
}

/** By ascending depth, then by descending SHA-1 of the event id. */
function oldestFirst(events: readonly RoomEvent[]): RoomEvent[] {
  return events
    .map((event) => ({ event, digest: hash('sha1', event.eventId, 'hex') }))
    .sort((x, y) => x.event.depth - y.event.depth || compareText(y.digest, x.digest))
    .map(({ event }) => event);
}

/** The oldest event is taken as it is; each one that it and its successors allow replaces it, up to the first that is not allowed. */
function lastOfChain(
  key: StateTuple,
  events: readonly RoomEvent[],
  resolved: StateMap<EventId>,
  version: RoomVersion,
  pool: EventPool,
): RoomEvent | undefined {
  const [oldest, ...followers] = events;
  let winner = oldest;
  for (const event of followers) {
    const current = winner;
    const lookUp: AuthState = (type, stateKey) => (stateTuple(type, stateKey) === key ? current : eventIn(resolved, type, stateKey, pool));
    if (!authorise(event, lookUp, version).allow) break;
    winner = event;
  }
  return winner;
}

/** The deepest event (of equally deep ones, that with the lowest SHA-1) that the state allows. */
function newestAllowed(
  events: readonly RoomEvent[],
  resolved: StateMap<EventId>,
  version: RoomVersion,
  pool: EventPool,
): RoomEvent | undefined {
  return events.findLast((event) => authorise(event, (type, stateKey) => eventIn(resolved, type, stateKey, pool), version).allow);
}

function eventIn(state: StateMap<EventId>, type: string, stateKey: string, pool: EventPool): RoomEvent | undefined {
  const id = state.get(stateTuple(type, stateKey));
  return id === undefined ? undefined : pool.get(id);
}
