import type { RoomEvent } from '../events/room-event.ts';
import type { EventId } from '../ids/brands.ts';
import type { EventPool } from './event-pool.ts';
import { needIds } from './full-conflicted-set.ts';
import type { Resolution } from './state-resolver.ts';

/**
 * A power event can take somebody's ability to do something: power levels, join rules, kicks and bans.
 * https://spec.matrix.org/v1.19/rooms/v2/#definitions
 */
export function isPowerEvent(event: RoomEvent): boolean {
  if (event.stateKey === undefined) return false;
  if (event.type === 'm.room.power_levels' || event.type === 'm.room.join_rules') return true;
  if (event.type !== 'm.room.member' || event.sender === event.stateKey) return false;
  const membership = event.content['membership'];
  return membership === 'leave' || membership === 'ban';
}

/** The power events of the full conflicted set, and what is in their auth chains and in the full conflicted set too (step 1 of the algorithm). */
export function* selectPowerEvents(full: ReadonlySet<EventId>, pool: EventPool): Resolution<Set<EventId>> {
  const selected = new Set<EventId>();
  for (const id of full) {
    const event = pool.get(id);
    if (event !== undefined && isPowerEvent(event)) selected.add(id);
  }
  const powerEvents = [...selected];
  // A Set visits what is added while it is walked, so this follows the links inside the full conflicted set to their ends.
  for (const id of selected) {
    for (const authId of pool.get(id)?.authEvents ?? []) if (full.has(authId)) selected.add(authId);
  }
  const others = [...full].filter((id) => !selected.has(id));
  if (powerEvents.length === 0 || others.length === 0) return selected;
  // An auth chain can leave the full conflicted set and come back: a conflicted event below one that every state set has in its chain.
  for (const id of yield* needIds({ need: 'authChainWithin', from: powerEvents, within: others })) selected.add(id);
  return selected;
}
