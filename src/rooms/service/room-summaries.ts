import type { RoomId } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import { stateTuple } from '../../core/state-res/state-map.ts';
import { historyVisibilityOf } from '../../core/visibility/history-visibility.ts';
import { contentOf } from '../client-event/content-of.ts';
import type { RoomReader, RoomView } from '../room-reader.ts';

/** What is told of a room to people outside, from its current state. */
export interface RoomSummary {
  readonly roomId: RoomId;
  readonly joinedMembers: number;
  readonly worldReadable: boolean;
  readonly guestCanJoin: boolean;
  readonly name: string | null;
  readonly topic: string | null;
  readonly canonicalAlias: string | null;
  readonly avatarUrl: string | null;
  readonly joinRule: string | null;
  readonly roomType: string | null;
}

const TYPES = [
  'm.room.create',
  'm.room.name',
  'm.room.topic',
  'm.room.canonical_alias',
  'm.room.avatar',
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.room.guest_access',
] as const;

/** Summaries of rooms that this server knows, in the order asked for: three queries at most, whatever their number. */
export async function roomSummaries(reader: RoomReader, roomIds: readonly RoomId[]): Promise<RoomSummary[]> {
  const views = await reader.views(roomIds);
  await reader.warmMembers([...views.keys()]);
  const wanted = new Map<RoomId, number[]>();
  for (const [roomId, view] of views) wanted.set(roomId, await summaryNums(view));
  const events = await reader.eventsOfRooms(wanted);
  const summaries: RoomSummary[] = [];
  for (const roomId of roomIds) {
    const view = views.get(roomId);
    if (view === undefined) continue;
    const contents = new Map((events.get(roomId) ?? []).map((event) => [event.type, contentOf(event)]));
    summaries.push(summarise(roomId, (await view.counts()).joined, contents));
  }
  return summaries;
}

async function summaryNums(view: RoomView): Promise<number[]> {
  const state = await view.currentState();
  return TYPES.flatMap((type) => state.get(stateTuple(type, '')) ?? []);
}

function summarise(roomId: RoomId, joinedMembers: number, contents: ReadonlyMap<string, JsonObject>): RoomSummary {
  const text = (type: (typeof TYPES)[number], key: string): string | null => {
    const value = contents.get(type)?.[key];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return {
    roomId,
    joinedMembers,
    worldReadable: historyVisibilityOf(contents.get('m.room.history_visibility')) === 'world_readable',
    guestCanJoin: text('m.room.guest_access', 'guest_access') === 'can_join',
    name: text('m.room.name', 'name'),
    topic: plainTopic(contents.get('m.room.topic')),
    canonicalAlias: text('m.room.canonical_alias', 'alias'),
    avatarUrl: text('m.room.avatar', 'url'),
    joinRule: text('m.room.join_rules', 'join_rule'),
    roomType: text('m.room.create', 'type'),
  };
}

/** `topic`, or else the plain text of `m.topic`. https://spec.matrix.org/v1.19/client-server-api/#mroomtopic */
function plainTopic(content: JsonObject | undefined): string | null {
  const topic = content?.['topic'];
  if (typeof topic === 'string' && topic !== '') return topic;
  const block = content?.['m.topic'];
  const texts = isJsonObject(block) ? block['m.text'] : undefined;
  if (!Array.isArray(texts)) return null;
  for (const text of texts) {
    if (!isJsonObject(text) || typeof text['body'] !== 'string') continue;
    const mimetype = text['mimetype'] ?? 'text/plain';
    if (mimetype === 'text/plain') return text['body'];
  }
  return null;
}

/** The form of `/publicRooms` and of everything that follows it: https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3publicrooms */
export function publicRoomOf(summary: RoomSummary): JsonObject {
  const { roomId, joinedMembers, worldReadable, guestCanJoin, name, topic, canonicalAlias, avatarUrl, joinRule, roomType } = summary;
  return {
    room_id: roomId,
    num_joined_members: joinedMembers,
    world_readable: worldReadable,
    guest_can_join: guestCanJoin,
    ...(name === null ? {} : { name }),
    ...(topic === null ? {} : { topic }),
    ...(canonicalAlias === null ? {} : { canonical_alias: canonicalAlias }),
    ...(avatarUrl === null ? {} : { avatar_url: avatarUrl }),
    ...(joinRule === null ? {} : { join_rule: joinRule }),
    ...(roomType === null ? {} : { room_type: roomType }),
  };
}
