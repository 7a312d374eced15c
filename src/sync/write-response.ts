import type { RoomId } from '../core/ids/brands.ts';
import type { JsonObject, JsonValue } from '../core/json/json-value.ts';
import type { Contributions, RoomParts } from './contributions.ts';
import type { RoomSection } from './room-section/write-room.ts';

/** Names that the state section goes by in one answer. */
export type StateKey = 'state' | 'state_after' | 'org.matrix.msc4222.state_after';

export interface ResponseParts {
  readonly nextBatch: string;
  readonly stateKeys: readonly StateKey[];
  readonly join: readonly { readonly section: RoomSection | null; readonly roomId: RoomId; readonly parts: RoomParts | undefined }[];
  readonly leave: readonly { readonly section: RoomSection; readonly parts: RoomParts | undefined }[];
  readonly invite: ReadonlyMap<RoomId, readonly JsonObject[]>;
  readonly knock: ReadonlyMap<RoomId, readonly JsonObject[]>;
  readonly contributions: Contributions;
  /** `prev_batch` of rooms without a timeline of their own in this answer. */
  readonly emptyPrevBatch: string;
}

/**
 * The answer as JSON text, joined from pieces that are text already. Sections without content are left out.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export function writeResponse(parts: ResponseParts): string {
  const { contributions, stateKeys } = parts;
  const fields = [`"next_batch":${JSON.stringify(parts.nextBatch)}`];
  const rooms: string[] = [];
  if (parts.join.length > 0) {
    rooms.push(
      member(
        'join',
        parts.join.map(({ roomId, section, parts: added }) =>
          member(roomId, [writeRoomBody(section, { added, stateKeys, joined: true, emptyPrevBatch: parts.emptyPrevBatch })]),
        ),
      ),
    );
  }
  if (parts.invite.size > 0) rooms.push(member('invite', writeStripped(parts.invite, 'invite_state')));
  if (parts.knock.size > 0) rooms.push(member('knock', writeStripped(parts.knock, 'knock_state')));
  if (parts.leave.length > 0) {
    rooms.push(
      member(
        'leave',
        parts.leave.map(({ section, parts: added }) =>
          member(section.roomId, [writeRoomBody(section, { added, stateKeys, joined: false, emptyPrevBatch: parts.emptyPrevBatch })]),
        ),
      ),
    );
  }
  if (rooms.length > 0) fields.push(member('rooms', rooms));
  if (contributions.presence.length > 0) fields.push(events('presence', contributions.presence));
  if (contributions.accountData.length > 0) fields.push(events('account_data', contributions.accountData));
  if (contributions.toDevice.length > 0) fields.push(events('to_device', contributions.toDevice));
  for (const [key, value] of Object.entries(contributions.top)) if (value !== undefined) fields.push(property(key, value));
  return `{${fields.join(',')}}`;
}

/** The fields of one room, without braces. */
function writeRoomBody(
  section: RoomSection | null,
  options: { added: RoomParts | undefined; stateKeys: readonly StateKey[]; joined: boolean; emptyPrevBatch: string },
): string {
  const { added, stateKeys, joined } = options;
  const prevBatch = JSON.stringify(section?.prevBatch ?? options.emptyPrevBatch);
  const fields = [
    `"timeline":{"events":[${(section?.timeline ?? []).join(',')}],"limited":${section?.limited ?? false},"prev_batch":${prevBatch}}`,
    ...stateKeys.map((key) => events(key, section?.state ?? [])),
  ];
  if (section?.summary) fields.push(property('summary', section.summary));
  if (added !== undefined && added.accountData.length > 0) fields.push(events('account_data', added.accountData));
  if (joined && added !== undefined) {
    if (added.ephemeral.length > 0) fields.push(events('ephemeral', added.ephemeral));
    for (const [key, value] of Object.entries(added.fields)) if (value !== undefined) fields.push(property(key, value));
  }
  return fields.join(',');
}

function writeStripped(rooms: ReadonlyMap<RoomId, readonly JsonObject[]>, key: string): string[] {
  return [...rooms].map(([roomId, state]) => member(roomId, [events(key, state)]));
}

function events(key: string, list: readonly (JsonObject | string)[]): string {
  return `${JSON.stringify(key)}:{"events":[${list.map((event) => (typeof event === 'string' ? event : JSON.stringify(event))).join(',')}]}`;
}

function member(key: string, fields: readonly string[]): string {
  return `${JSON.stringify(key)}:{${fields.join(',')}}`;
}

function property(key: string, value: JsonValue): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}
