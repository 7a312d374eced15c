import { Direction, EventType, type MatrixClient, type MatrixEvent, MsgType, type Room, TimelineWindow } from 'matrix-js-sdk';
import { until } from './sdk-wait.ts';

const MESSAGE_TYPES = new Set<string>([EventType.RoomMessage, EventType.RoomMessageEncrypted]);

/** The room, once the client knows it. */
export function roomOf(client: MatrixClient, roomId: string): Promise<Room> {
  return until(`${client.getUserId()} knows ${roomId}`, () => client.getRoom(roomId));
}

/** Messages that came by sync since the last gap, decrypted where the device can. */
function messages(client: MatrixClient, roomId: string): MatrixEvent[] {
  const events = client.getRoom(roomId)?.getLiveTimeline().getEvents() ?? [];
  return events.filter(isMessage);
}

export function bodies(events: readonly MatrixEvent[]): string[] {
  return events.map((event) => String(event.getContent().body));
}

export function ids(events: readonly MatrixEvent[]): string[] {
  return events.map((event) => String(event.getId()));
}

/**
 * Sends a text and returns when the server has it. When its answer was lost and its echo comes by sync before it is sent again, the SDK
 * takes the echo, and reports the repetition as an error.
 */
export async function say(client: MatrixClient, roomId: string, body: string): Promise<void> {
  try {
    await client.sendTextMessage(roomId, body);
  } catch (error) {
    const echo = messages(client, roomId).find((event) => event.getSender() === client.getUserId() && event.getContent().body === body);
    if (echo === undefined) throw error;
  }
}

/** Waits until the client has the newest event of the room. */
export async function catchUp(client: MatrixClient, roomId: string): Promise<void> {
  const { chunk } = await client.createMessagesRequest(roomId, null, 1, Direction.Backward);
  const room = await roomOf(client, roomId);
  await until(
    `${client.getUserId()} has the newest event`,
    () => room.getLiveTimeline().getEvents().at(-1)?.getId() === chunk[0]?.event_id,
  );
}

/** Messages of the whole room as a person sees them who scrolls back to its beginning; gaps in what came by sync are filled on the way. */
export async function scrollBack(client: MatrixClient, roomId: string): Promise<MatrixEvent[]> {
  const room = await roomOf(client, roomId);
  const view = new TimelineWindow(client, room.getUnfilteredTimelineSet(), { windowLimit: Number.MAX_SAFE_INTEGER });
  await view.load(undefined, 30);
  while (view.canPaginate(Direction.Backward)) await view.paginate(Direction.Backward, 30);
  const shown = view.getEvents().filter(isMessage);
  await Promise.all(shown.map((event) => client.decryptEventIfNeeded(event)));
  return shown;
}

/** Requests to verify somebody are messages too, for clients that do not know them. */
function isMessage(event: MatrixEvent): boolean {
  if (event.getContent().msgtype === MsgType.KeyVerificationRequest) return false;
  return MESSAGE_TYPES.has(event.getType());
}
