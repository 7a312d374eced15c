import type { RoomEvent } from '../events/room-event.ts';
import type { JsonObject, JsonValue } from '../json/json-value.ts';
import { foldCase } from '../matching/glob.ts';
import { type PropertyPath, propertyAt } from '../matching/property-path.ts';

/** One event as push rules look at it: each property is looked up and case-folded once, however many programs ask. */
export class PushEventView {
  readonly event: JsonObject;
  readonly #folded = new Map<string, string | null>();

  /** Takes the event in the format that clients see. */
  constructor(event: JsonObject) {
    this.event = event;
  }

  at(path: PropertyPath): JsonValue | undefined {
    return propertyAt(this.event, path);
  }

  /** Case-folded text at a path, `null` when there is no string. */
  foldedAt(path: PropertyPath): string | null {
    const key = path.length === 1 ? (path[0] ?? '') : path.join('\0');
    let folded = this.#folded.get(key);
    if (folded === undefined) {
      const value = this.at(path);
      folded = typeof value === 'string' ? foldCase(value) : null;
      this.#folded.set(key, folded);
    }
    return folded;
  }

  get sender(): string | undefined {
    return this.#text('sender');
  }

  get roomId(): string | undefined {
    return this.#text('room_id');
  }

  #text(key: string): string | undefined {
    const value = this.event[key];
    return typeof value === 'string' ? value : undefined;
  }
}

/** The view of a stored event. */
export function pushEventViewOf(event: RoomEvent): PushEventView {
  return new PushEventView({
    event_id: event.eventId,
    room_id: event.roomId,
    type: event.type,
    sender: event.sender,
    content: event.content,
    origin_server_ts: event.originServerTs,
    ...(event.stateKey === undefined ? {} : { state_key: event.stateKey }),
    ...(event.redacts === undefined ? {} : { redacts: event.redacts }),
  });
}
