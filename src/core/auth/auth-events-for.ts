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
  const { stateKey: target, sender } = event;
  const tuples = [stateTuple('m.room.power_levels', ''), stateTuple('m.room.member', sender)];
  if (version.createInAuthEvents) tuples.unshift(stateTuple('m.room.create', ''));
  if (event.type !== 'm.room.member' || target === undefined) return tuples;

  if (target !== sender) tuples.push(stateTuple('m.room.member', target));
  const { membership } = event.content;
  if (membership === 'join' || membership === 'invite' || membership === 'knock') tuples.push(stateTuple('m.room.join_rules', ''));
  const token = membership === 'invite' ? thirdPartyToken(event.content) : null;
  if (token !== null) tuples.push(stateTuple('m.room.third_party_invite', token));
  const authoriser = version.restrictedJoins && membership === 'join' ? event.content['join_authorised_via_users_server'] : undefined;
  if (typeof authoriser === 'string' && authoriser !== sender && authoriser !== target)
    tuples.push(stateTuple('m.room.member', authoriser));
  return tuples;
}

function thirdPartyToken(content: JsonObject): string | null {
  const invite = content['third_party_invite'];
  const signed = isJsonObject(invite) ? invite['signed'] : undefined;
  const token = isJsonObject(signed) ? signed['token'] : undefined;
  return typeof token === 'string' ? token : null;
}
