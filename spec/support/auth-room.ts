import type { AuthState } from '../../src/core/auth/auth-state.ts';
import { authorise } from '../../src/core/auth/authorise.ts';
import type { Pdu } from '../../src/core/events/pdu.ts';
import type { RoomEvent } from '../../src/core/events/room-event.ts';
import type { EventId, RoomId, UserId } from '../../src/core/ids/brands.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import type { RoomVersion, RoomVersionId } from '../../src/core/room-versions/room-version.ts';
import { ROOM_VERSIONS } from '../../src/core/room-versions/room-versions.ts';
import { stateTuple } from '../../src/core/state-res/state-map.ts';

export const ALL_VERSIONS = Object.keys(ROOM_VERSIONS) as RoomVersionId[];

export function versions(from: number, to = 12): RoomVersionId[] {
  return ALL_VERSIONS.filter((id) => Number(id) >= from && Number(id) <= to);
}

export const CREATOR = '@creator:home';
export const ALICE = '@alice:home';
export const BOB = '@bob:away';
export const CAROL = '@carol:far';

export interface EventFields {
  type?: string;
  stateKey?: string | undefined;
  sender?: string;
  content?: JsonObject;
  prevEvents?: string[];
  authEvents?: string[];
  roomId?: string;
  eventId?: string;
  redacts?: string;
  pduRoomId?: string | undefined;
}

/** A room whose state is written down piece by piece, without hashes and signatures, to ask the rules about. */
export class AuthRoom {
  readonly version: RoomVersion;
  readonly roomId: RoomId;
  readonly create: RoomEvent;
  private readonly events = new Map<string, RoomEvent>();
  private count = 0;

  constructor(id: RoomVersionId, createContent: JsonObject = {}) {
    this.version = ROOM_VERSIONS[id];
    const hashed = this.version.roomIds === 'createHash';
    this.roomId = (hashed ? `!${'c'.repeat(43)}` : '!room:home') as RoomId;
    const creator = this.version.creator === 'content' ? { creator: CREATOR } : {};
    this.create = this.event({
      type: 'm.room.create',
      stateKey: '',
      sender: CREATOR,
      content: { ...creator, room_version: id, ...createContent },
      prevEvents: [],
      eventId: hashed ? `$${'c'.repeat(43)}` : '$create:home',
      pduRoomId: hashed ? undefined : this.roomId,
    });
    this.set(this.create);
  }

  event(fields: EventFields = {}): RoomEvent {
    this.count++;
    const roomId = (fields.roomId ?? this.roomId) as RoomId;
    const pduRoomId = 'pduRoomId' in fields ? fields.pduRoomId : roomId;
    const pdu = {
      type: fields.type ?? 'm.room.message',
      content: fields.content ?? {},
      ...(pduRoomId === undefined ? {} : { room_id: pduRoomId }),
    };
    return {
      eventId: (fields.eventId ?? `$event${this.count}:home`) as EventId,
      roomId,
      type: fields.type ?? 'm.room.message',
      stateKey: fields.stateKey,
      sender: (fields.sender ?? ALICE) as UserId,
      content: fields.content ?? {},
      originServerTs: this.count,
      depth: this.count,
      prevEvents: (fields.prevEvents ?? ['$before:home']) as EventId[],
      authEvents: (fields.authEvents ?? []) as EventId[],
      redacts: fields.redacts as EventId | undefined,
      pdu: pdu as unknown as Pdu,
    };
  }

  set(event: RoomEvent): this {
    this.events.set(stateTuple(event.type, event.stateKey ?? ''), event);
    return this;
  }

  put(type: string, stateKey: string, content: JsonObject, sender: string = CREATOR): this {
    return this.set(this.event({ type, stateKey, content, sender }));
  }

  member(userId: string, membership: string): this {
    return this.put('m.room.member', userId, { membership }, userId);
  }

  power(content: JsonObject): this {
    return this.put('m.room.power_levels', '', content);
  }

  joinRule(rule: string): this {
    return this.put('m.room.join_rules', '', { join_rule: rule });
  }

  without(type: string, stateKey = ''): this {
    this.events.delete(stateTuple(type, stateKey));
    return this;
  }

  readonly state: AuthState = (type, stateKey) => this.events.get(stateTuple(type, stateKey));

  /** `'allow'`, or the name of the rule that denies. */
  ask(fields: EventFields): string {
    return this.askEvent(this.event(fields));
  }

  askEvent(event: RoomEvent): string {
    const verdict = authorise(event, this.state, this.version);
    return verdict.allow ? 'allow' : verdict.rule;
  }

  askMember(sender: string, target: string, membership: string, content: JsonObject = {}): string {
    return this.ask({ type: 'm.room.member', stateKey: target, sender, content: { ...content, membership } });
  }
}
