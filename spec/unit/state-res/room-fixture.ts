import type { Pdu } from '../../../src/core/events/pdu.ts';
import { roomEventFromPdu } from '../../../src/core/events/room-event-from-pdu.ts';
import type { RoomEvent } from '../../../src/core/events/room-event.ts';
import type { EventId } from '../../../src/core/ids/brands.ts';
import { ROOM_VERSIONS } from '../../../src/core/room-versions/room-versions.ts';
import type { RoomVersion, RoomVersionId } from '../../../src/core/room-versions/room-version.ts';
import { MemoryEventSource } from '../../../src/core/state-res/memory-event-source.ts';
import { runResolver, STATE_RESOLVERS } from '../../../src/core/state-res/run-resolver.ts';
import { type StateMap, type StateTuple, stateTuple } from '../../../src/core/state-res/state-map.ts';
import type { Rejection } from '../../../src/core/state-res/state-resolver.ts';

export type Events = ReadonlyMap<EventId, RoomEvent>;

/** A PDU whose event id is a label; the rest of what a signed event carries is filled in. */
export type LabelledPdu = Partial<Pdu> & { event_id: string; type: string; sender: string };

export function eventFromLabelled(raw: LabelledPdu, version: RoomVersion): RoomEvent {
  const pdu: Pdu = {
    content: {},
    depth: 0,
    origin_server_ts: 0,
    prev_events: [],
    auth_events: [],
    hashes: { sha256: '' },
    signatures: {},
    ...raw,
  };
  return roomEventFromPdu(pdu, version, raw.event_id as EventId);
}

/** The events of a list of labelled PDUs, whose version is the one in its create event. */
export function roomFromPdus(raws: readonly LabelledPdu[]): { version: RoomVersion; events: Map<EventId, RoomEvent> } {
  const id = raws.find((raw) => raw.type === 'm.room.create')?.content?.['room_version'] ?? '1';
  const version = ROOM_VERSIONS[id as RoomVersionId];
  return { version, events: new Map(raws.map((raw) => [raw.event_id as EventId, eventFromLabelled(raw, version)])) };
}

export function stateOf(ids: readonly string[], events: Events): StateMap<EventId> {
  const state = new Map<StateTuple, EventId>();
  for (const id of ids) {
    const event = events.get(id as EventId);
    if (event?.stateKey === undefined) throw new Error(`${id} is not a state event of the fixture`);
    state.set(stateTuple(event.type, event.stateKey), event.eventId);
  }
  return state;
}

export function resolveStates(
  version: RoomVersion,
  events: Events,
  stateSets: readonly StateMap<EventId>[],
  rejected?: ReadonlyMap<EventId, Rejection>,
): StateMap<EventId> {
  return runResolver(STATE_RESOLVERS[version.stateResolution], { version, stateSets }, new MemoryEventSource(events, rejected));
}

/** Event ids by readable key, e.g. `m.room.member|@bob:example.com`, sorted. */
export function readable(state: StateMap<EventId>): Record<string, string> {
  const entries = [...state].map(([key, id]): [string, string] => [key.replace('\0', '|'), id]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
