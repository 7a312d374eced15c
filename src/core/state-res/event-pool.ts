import type { RoomEvent } from '../events/room-event.ts';
import type { EventId } from '../ids/brands.ts';
import type { Rejection, Resolution, ResolverEvent } from './state-resolver.ts';

/** The events that one resolution has received so far; no event is asked for twice. */
export class EventPool {
  readonly #events = new Map<EventId, ResolverEvent>();
  readonly #asked = new Set<EventId>();

  /** Makes sure that these events are here, as far as the driver knows them. One request, or none. */
  *load(ids: Iterable<EventId>, options: { readonly powerLevels?: boolean } = {}): Resolution<void> {
    const wanted: EventId[] = [];
    for (const id of ids) {
      if (this.#events.has(id) || this.#asked.has(id)) continue;
      this.#asked.add(id);
      wanted.push(id);
    }
    if (wanted.length === 0) return;
    const answer = yield { need: 'events', ids: wanted, ...options };
    if (!('events' in answer)) throw new Error('A state resolver asked for events and was answered with ids');
    for (const [id, event] of answer.events) this.#events.set(id, event);
  }

  get(id: EventId): RoomEvent | undefined {
    return this.#events.get(id)?.event;
  }

  /** The events that are known among these. */
  all(ids: Iterable<EventId>): RoomEvent[] {
    const events: RoomEvent[] = [];
    for (const id of ids) {
      const event = this.get(id);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  rejection(id: EventId): Rejection | null {
    return this.#events.get(id)?.rejected ?? null;
  }
}
