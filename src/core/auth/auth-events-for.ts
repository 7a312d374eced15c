import type { RoomVersion } from '../room-versions/room-version.ts';
import { isJsonObject, type JsonObject } from '../json/json-value.ts';
import { type StateTuple, stateTuple } from '../state-res/state-map.ts';

/** What the selection depends on. */
export interface AuthEventsSubject {
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: string;
  readonly content: JsonObject;
}

/**
 * The pieces of room state that an event cites as `auth_events`, where they exist. Without repetition.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#auth-events-selection
 */
export function authEventsFor(event: AuthEventsSubject, version: RoomVersion): StateTuple[] {
  if (event.type === 'm.room.create') return [];
  const tuples = [stateTuple('m.room.power_levels', ''), stateTuple('m.room.member', event.sender)];
  if (version.createInAuthEvents) tuples.unshift(stateTuple('m.room.create', ''));
  if (event.type !== 'm.room.member' || event.stateKey === undefined) return tuples;

  const wanted = new Set(tuples);
  wanted.add(stateTuple('m.room.member', event.stateKey));
  const { membership } = event.content;
  if (membership === 'join' || membership === 'invite' || membership === 'knock') wanted.add(stateTuple('m.room.join_rules', ''));
  const token = membership === 'invite' ? thirdPartyToken(event.content) : null;
  if (token !== null) wanted.add(stateTuple('m.room.third_party_invite', token));
  const authoriser = event.content['join_authorised_via_users_server'];
  if (version.restrictedJoins && membership === 'join' && typeof authoriser === 'string')
    wanted.add(stateTuple('m.room.member', authoriser));
  return [...wanted];
}

function thirdPartyToken(content: JsonObject): string | null {
  const invite = content['third_party_invite'];
  const signed = isJsonObject(invite) ? invite['signed'] : undefined;
  const token = isJsonObject(signed) ? signed['token'] : undefined;
  return typeof token === 'string' ? token : null;
}
