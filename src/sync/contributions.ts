import type { RoomId } from '../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../core/json/json-value.ts';
import type { RoomContribution, SyncContribution, SyncRequest, SyncStream } from '../plugin-api/sync-stream.ts';
import type { CompiledFilter, Part } from './compiled-filter.ts';
import { TO_DEVICE_STREAM } from './stream-names.ts';

/** What all streams together bring to one answer, after the filter. */
export interface Contributions {
  readonly presence: readonly JsonObject[];
  readonly accountData: readonly JsonObject[];
  readonly toDevice: readonly (JsonObject | string)[];
  /** How far the to-device messages of this answer reach. */
  readonly toDeviceTo: number;
  readonly top: JsonObject;
  readonly rooms: ReadonlyMap<RoomId, RoomParts>;
}

/** The streams' part of one room's section. */
export interface RoomParts {
  readonly ephemeral: JsonObject[];
  readonly accountData: JsonObject[];
  readonly fields: JsonObject;
}

/** `toDeviceFrom`: where the device's to-device messages continue, which may be behind the rest of the token. */
export async function gatherContributions(
  streams: readonly SyncStream[],
  request: SyncRequest,
  filter: CompiledFilter,
  toDeviceFrom: number | null,
): Promise<Contributions> {
  const answers = await Promise.all(
    streams.map(async (stream) => stream.contribute(stream.name === TO_DEVICE_STREAM ? { ...request, from: toDeviceFrom } : request)),
  );
  const rooms = new Map<RoomId, RoomParts>();
  const all = {
    presence: [] as JsonObject[],
    accountData: [] as JsonObject[],
    toDevice: [] as (JsonObject | string)[],
    toDeviceTo: request.to,
    top: {} as JsonObject,
    rooms,
  };
  for (const answer of answers) if (answer !== null) add(all, answer, filter);
  return all;
}

/** Lets the streams add what they have to say about the rooms that appear in the answer. */
export async function decorateRooms(
  streams: readonly SyncStream[],
  request: SyncRequest,
  filter: CompiledFilter,
  input: { readonly roomIds: readonly RoomId[]; readonly rooms: ReadonlyMap<RoomId, RoomParts> },
): Promise<Map<RoomId, RoomParts>> {
  const merged = new Map(input.rooms);
  if (input.roomIds.length === 0) return merged;
  const answers = await Promise.all(streams.map(async (stream) => stream.decorate?.(request, input.roomIds)));
  for (const answer of answers) {
    for (const [roomId, part] of answer ?? []) addRoom(merged, roomId, part, filter);
  }
  return merged;
}

function add(
  all: {
    presence: JsonObject[];
    accountData: JsonObject[];
    toDevice: (JsonObject | string)[];
    toDeviceTo: number;
    top: JsonObject;
    rooms: Map<RoomId, RoomParts>;
  },
  answer: SyncContribution,
  filter: CompiledFilter,
): void {
  all.presence.push(...passing(answer.presence, filter.presence));
  all.accountData.push(...passing(answer.accountData, filter.accountData));
  all.toDevice.push(...(answer.toDevice ?? []));
  if (answer.toDeviceTo !== undefined) all.toDeviceTo = Math.min(all.toDeviceTo, answer.toDeviceTo);
  Object.assign(all.top, answer.top);
  for (const [roomId, part] of answer.rooms ?? []) {
    if (filter.roomAllowed === null || filter.roomAllowed(roomId)) addRoom(all.rooms, roomId, part, filter);
  }
}

function addRoom(rooms: Map<RoomId, RoomParts>, roomId: RoomId, part: RoomContribution, filter: CompiledFilter): void {
  const known = rooms.get(roomId);
  rooms.set(roomId, {
    ephemeral: [...(known?.ephemeral ?? []), ...passing(part.ephemeral, filter.ephemeral, roomId)],
    accountData: [...(known?.accountData ?? []), ...passing(part.accountData, filter.roomAccountData, roomId)],
    fields: { ...known?.fields, ...part.fields },
  });
}

/** Presence has a sender; receipts, typing and account data have none, and then a list of wanted senders lets nothing through. */
function passing(events: readonly JsonObject[] | undefined, part: Part, roomId?: RoomId): readonly JsonObject[] {
  if (events === undefined || part === null) return events ?? [];
  return events.filter((event) =>
    part({
      type: typeof event['type'] === 'string' ? event['type'] : '',
      sender: typeof event['sender'] === 'string' ? event['sender'] : undefined,
      roomId,
      content: isJsonObject(event['content']) ? event['content'] : {},
    }),
  );
}
