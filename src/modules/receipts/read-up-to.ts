import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { EventId, RoomId, UserId } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import type { Clock } from '../../platform/clock.ts';
import type { RoomsPort } from '../../plugin-api/ports.ts';
import type { AccountDataSlot, PushRulesSlot, ReadMark } from '../../plugin-api/slots.ts';
import { EVENT_FLAG, type StoredEvent } from '../../plugin-api/stored-event.ts';
import type { Receipts } from './receipts.ts';
import type { ReceiptType } from './store.ts';

/** Relations that are followed to find out whether an event belongs to a thread. https://spec.matrix.org/v1.19/client-server-api/#threaded-read-receipts */
const RELATION_HOPS_MAX = 3;

const FULLY_READ = 'm.fully_read';

export interface ReadDeps {
  readonly receipts: Receipts;
  readonly rooms: RoomsPort;
  readonly clock: Clock;
  readonly pushRules: () => PushRulesSlot | null;
  readonly accountData: () => AccountDataSlot | null;
}

/** Throws M_FORBIDDEN for somebody who is not in the room. */
export async function checkJoined(deps: ReadDeps, roomId: RoomId, userId: UserId): Promise<void> {
  if ((await deps.rooms.membership(roomId, userId)) !== 'join') throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
}

/**
 * Moves a read receipt, and with it what counts as unread. Throws M_NOT_FOUND for an event that is not in the room, and
 * M_INVALID_PARAM for a thread to which it does not belong.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreceiptreceipttypeeventid
 */
export async function readUpTo(
  deps: ReadDeps,
  options: { roomId: RoomId; userId: UserId; type: ReceiptType; eventId: EventId; threadId: string | null },
): Promise<void> {
  const { roomId, userId, type, eventId, threadId } = options;
  const event = await existingEvent(deps, roomId, eventId, userId);
  const scope = await scopeOf(deps.rooms, event, threadId);
  const effects = deps.pushRules()?.markRead({ userId, event, scope }) ?? null;
  await deps.receipts.move({ roomId, userId, type, threadId, eventId, seq: event.seq, ts: deps.clock.now() }, effects);
}

/**
 * Moves the fully read marker forwards.
 * https://spec.matrix.org/v1.19/client-server-api/#fully-read-markers
 */
export async function fullyReadUpTo(deps: ReadDeps, options: { roomId: RoomId; userId: UserId; eventId: EventId }): Promise<void> {
  const { roomId, userId, eventId } = options;
  const event = await existingEvent(deps, roomId, eventId, userId);
  const accountData = deps.accountData();
  const key = { userId, roomId, type: FULLY_READ };
  const previousId = (await accountData?.get(key))?.['event_id'];
  const previous = typeof previousId === 'string' ? await deps.rooms.event(roomId, previousId as EventId) : null;
  if (previous?.seq !== undefined && previous.seq !== null && event.seq !== null && event.seq <= previous.seq) return;
  await accountData?.set(key, { event_id: eventId });
}

async function existingEvent(deps: ReadDeps, roomId: RoomId, eventId: EventId, userId: UserId): Promise<StoredEvent> {
  const event = await deps.rooms.visibleEvent({ roomId, eventId, userId });
  if (event === null) throw new MatrixError('M_NOT_FOUND', 'There is no such event in this room');
  return event;
}

/** Which events the receipt covers. */
async function scopeOf(rooms: RoomsPort, event: StoredEvent, threadId: string | null): Promise<ReadMark['scope']> {
  if (threadId === null) return 'room';
  if (threadId === 'main') {
    // A redacted event no longer tells clients that it was in a thread.
    if (event.thread !== null && (event.flags & EVENT_FLAG.redacted) === 0) throw unrelated();
    return 'main';
  }
  const root = await rooms.event(event.roomId, threadId as EventId);
  if (root === null || !(await isRelated(rooms, event, root))) throw unrelated();
  return root.num;
}

/** Whether the event is the root, is in its thread, or leads to it by relations of any kind. */
async function isRelated(rooms: RoomsPort, event: StoredEvent, root: StoredEvent): Promise<boolean> {
  let current: StoredEvent | null = event;
  for (let hops = 0; hops <= RELATION_HOPS_MAX && current !== null; hops += 1) {
    if (current.num === root.num || current.thread === root.num) return true;
    const parent = parentOf(rooms.content(current));
    current = parent === null ? null : await rooms.event(event.roomId, parent);
  }
  return false;
}

function parentOf(content: JsonObject): EventId | null {
  const relation = content['m.relates_to'];
  const parent = isJsonObject(relation) ? relation['event_id'] : undefined;
  return typeof parent === 'string' ? (parent as EventId) : null;
}

function unrelated(): MatrixError {
  return new MatrixError('M_INVALID_PARAM', 'The event is not related to thread_id');
}
