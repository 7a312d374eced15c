import { authEventsFor } from '../../../src/core/auth/auth-events-for.ts';
import type { RoomEvent } from '../../../src/core/events/room-event.ts';
import type { EventId } from '../../../src/core/ids/brands.ts';
import type { JsonObject } from '../../../src/core/json/json-value.ts';
import { ROOM_VERSIONS } from '../../../src/core/room-versions/room-versions.ts';
import type { RoomVersion, RoomVersionId } from '../../../src/core/room-versions/room-version.ts';
import { type StateMap, stateTuple } from '../../../src/core/state-res/state-map.ts';
import type { Rejection } from '../../../src/core/state-res/state-resolver.ts';
import { eventFromLabelled, resolveStates } from './room-fixture.ts';

export type State = StateMap<EventId>;

export interface Sent {
  /** Label of the event, without the sigil. */
  readonly id: string;
  readonly type: string;
  readonly sender: string;
  readonly stateKey?: string;
  readonly content?: JsonObject;
  /** Greater than all before by default. */
  readonly ts?: number;
  readonly depth?: number;
}

/** Builds the events of a room; branches are made by sending twice from the same state. Nothing is authorised here. */
export class RoomBuilder {
  readonly version: RoomVersion;
  readonly events = new Map<EventId, RoomEvent>();
  readonly rejected = new Map<EventId, Rejection>();
  #clock = 0;

  constructor(version: RoomVersionId) {
    this.version = ROOM_VERSIONS[version];
  }

  /** Sends a state event whose auth events are picked from the state, and returns the state after it. */
  send(state: State, sent: Sent): State {
    this.#clock += 1;
    const { id, type, sender, stateKey = '', content = {}, ts = this.#clock, depth = this.#clock } = sent;
    const authEvents = authEventsFor({ type, stateKey, sender, content }, this.version).flatMap((key) => state.get(key) ?? []);
    const isCreate = type === 'm.room.create';
    const roomId = this.version.roomIds === 'createHash' ? '!create' : '!room:x';
    const event = eventFromLabelled(
      {
        event_id: `$${id}`,
        ...(isCreate && this.version.roomIds === 'createHash' ? {} : { room_id: roomId }),
        type,
        sender,
        state_key: stateKey,
        content,
        origin_server_ts: ts,
        depth,
        auth_events: authEvents,
        prev_events: isCreate ? [] : ['$earlier'],
      },
      this.version,
    );
    this.events.set(event.eventId, event);
    return new Map([...state, [stateTuple(type, stateKey), event.eventId]]);
  }

  sendAll(state: State, ...list: readonly Sent[]): State {
    return list.reduce((current, sent) => this.send(current, sent), state);
  }

  /** A public room of Alice with power 100, Bob 50, and everybody joined whom `others` names. */
  start(options: { users?: Record<string, number>; creators?: string[]; others?: string[] } = {}): State {
    const users = options.users ?? { '@alice:x': 100, '@bob:x': 50 };
    const privileged = this.version.creatorsHaveInfinitePower ? ['@alice:x', ...(options.creators ?? [])] : [];
    const listed = Object.fromEntries(Object.entries(users).filter(([user]) => !privileged.includes(user)));
    const create: JsonObject = { room_version: this.version.id, creator: '@alice:x' };
    if (options.creators !== undefined) create['additional_creators'] = options.creators;
    return this.sendAll(
      new Map(),
      { id: 'create', type: 'm.room.create', sender: '@alice:x', content: create },
      join('@alice:x'),
      powerLevels('pl', '@alice:x', listed),
      joinRules('jr', '@alice:x', 'public'),
      ...['@bob:x', ...(options.others ?? [])].map((user) => join(user)),
    );
  }

  resolve(...states: State[]): State {
    return resolveStates(this.version, this.events, states, this.rejected);
  }
}

export function join(user: string, id = `join-${user.slice(1, -2)}`): Sent {
  return { id, type: 'm.room.member', sender: user, stateKey: user, content: { membership: 'join' } };
}

export function member(id: string, sender: string, stateKey: string, membership: string): Sent {
  return { id, type: 'm.room.member', sender, stateKey, content: { membership } };
}

export function powerLevels(id: string, sender: string, users: Record<string, number>): Sent {
  return { id, type: 'm.room.power_levels', sender, content: { users } };
}

export function joinRules(id: string, sender: string, rule: string): Sent {
  return { id, type: 'm.room.join_rules', sender, content: { join_rule: rule } };
}

export function topic(id: string, sender: string): Sent {
  return { id, type: 'm.room.topic', sender, content: { topic: id } };
}

/** Label of the event at a key, `null` when there is none. */
export function at(state: State, type: string, stateKey = ''): string | null {
  return state.get(stateTuple(type, stateKey))?.slice(1) ?? null;
}
