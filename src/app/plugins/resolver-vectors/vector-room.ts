import { authEventsFor } from '../../../core/auth/auth-events-for.ts';
import { roomEventFromPdu } from '../../../core/events/room-event-from-pdu.ts';
import type { RoomEvent } from '../../../core/events/room-event.ts';
import type { EventId } from '../../../core/ids/brands.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import { ROOM_VERSIONS } from '../../../core/room-versions/room-versions.ts';
import type { RoomVersion, RoomVersionId } from '../../../core/room-versions/room-version.ts';
import { type StateMap, stateTuple } from '../../../core/state-res/state-map.ts';

export type State = StateMap<EventId>;

export interface Sent {
  /** The event id without its sigil. */
  readonly id: string;
  readonly type: string;
  readonly sender: string;
  readonly stateKey?: string;
  readonly content?: JsonObject;
  /** ms; later than everything before unless told. */
  readonly ts?: number;
}

const ALICE = '@alice:x';

/** Events of an imagined room; branches are made by sending twice from the same state. Nothing is authorised here. */
export class VectorRoom {
  readonly version: RoomVersion;
  readonly events = new Map<EventId, RoomEvent>();
  #sent = 0;

  constructor(version: RoomVersionId) {
    this.version = ROOM_VERSIONS[version];
  }

  /** A public room of Alice (100) in which Bob (50) and Carol (0) have joined. */
  start(): State {
    return this.sendAll(
      new Map(),
      { id: 'create', type: 'm.room.create', sender: ALICE, content: { room_version: this.version.id, creator: ALICE } },
      join(ALICE),
      this.power('pl', ALICE, { '@bob:x': 50 }),
      { id: 'jr', type: 'm.room.join_rules', sender: ALICE, content: { join_rule: 'public' } },
      join('@bob:x'),
      join('@carol:x'),
    );
  }

  /** Power levels; below version 12 the creator's own level is an entry like any other. */
  power(id: string, sender: string, users: Readonly<Record<string, number>>): Sent {
    const content = { users: this.version.creatorsHaveInfinitePower ? users : { [ALICE]: 100, ...users } };
    return { id, type: 'm.room.power_levels', sender, content };
  }

  /** Sends a state event whose auth events are picked from the state, and returns the state after it. */
  send(state: State, { id, type, sender, stateKey = '', content = {}, ts }: Sent): State {
    this.#sent += 1;
    const isCreate = type === 'm.room.create';
    const isHashed = this.version.roomIds === 'createHash';
    const event = roomEventFromPdu(
      {
        ...(isCreate && isHashed ? {} : { room_id: isHashed ? '!create' : '!room:x' }),
        type,
        sender,
        state_key: stateKey,
        content,
        origin_server_ts: ts ?? this.#sent,
        depth: this.#sent,
        auth_events: authEventsFor({ type, stateKey, sender, content }, this.version).flatMap((key) => state.get(key) ?? []),
        prev_events: isCreate ? [] : ['$earlier'],
        hashes: { sha256: '' },
        signatures: {},
      },
      this.version,
      `$${id}` as EventId,
    );
    this.events.set(event.eventId, event);
    return new Map([...state, [stateTuple(type, stateKey), event.eventId]]);
  }

  sendAll(state: State, ...list: readonly Sent[]): State {
    return list.reduce((current, sent) => this.send(current, sent), state);
  }
}

export function join(user: string, id = `join-${user.slice(1, -2)}`): Sent {
  return { id, type: 'm.room.member', sender: user, stateKey: user, content: { membership: 'join' } };
}

export function member(id: string, sender: string, stateKey: string, membership: string): Sent {
  return { id, type: 'm.room.member', sender, stateKey, content: { membership } };
}

export function topic(id: string, sender: string): Sent {
  return { id, type: 'm.room.topic', sender, content: { topic: id } };
}
