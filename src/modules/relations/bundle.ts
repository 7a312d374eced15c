import type { RoomId, UserId } from '../../core/ids/brands.ts';
import type { EventsPort, RoomsPort } from '../../plugin-api/ports.ts';
import type { IgnoredUsersSlot, RelationsSlot } from '../../plugin-api/slots.ts';
import { EVENT_FLAG, type StoredEvent } from '../../plugin-api/stored-event.ts';
import type { Children, ChildrenCache } from './children-cache.ts';
import { THREAD_REPLIES_SEEN_MAX } from './limits.ts';
import { relationOf } from './relation-of.ts';
import type { ChildRow, RelationsStore } from './store.ts';

export interface BundleDeps {
  readonly cache: ChildrenCache;
  readonly store: Pick<RelationsStore, 'replies'>;
  readonly rooms: Pick<RoomsPort, 'content' | 'eventsByNum' | 'membership'>;
  readonly events: EventsPort;
  readonly ignoredUsers: () => IgnoredUsersSlot | null;
}

type BundleOptions = Parameters<RelationsSlot['bundled']>[0];

const NOTHING: ReadonlyMap<number, string> = new Map<number, string>();

/**
 * The aggregations of events' children as one user may see them, as JSON text. Answers at once, from memory, for events that are known to
 * have no children. State events have none by definition.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#aggregations-of-child-events
 */
export function bundle(deps: BundleDeps, options: BundleOptions): Promise<ReadonlyMap<number, string>> | ReadonlyMap<number, string> {
  const cold: StoredEvent[] = [];
  const parents: { event: StoredEvent; children: Children }[] = [];
  for (const event of options.events) {
    if (event.stateKey !== undefined) continue;
    const children = deps.cache.known(event);
    if (children === undefined) cold.push(event);
    else if (children.length > 0) parents.push({ event, children });
  }
  return cold.length === 0 && parents.length === 0 ? NOTHING : bundleSome(deps, options, { cold, parents });
}

async function bundleSome(
  deps: BundleDeps,
  { userId, roomId }: BundleOptions,
  found: { cold: readonly StoredEvent[]; parents: { event: StoredEvent; children: Children }[] },
): Promise<ReadonlyMap<number, string>> {
  const { cold, parents } = found;
  const [first] = cold;
  if (first !== undefined) {
    const read = await deps.cache.read(first.roomNid, cold);
    for (const event of cold) {
      const children = read.get(event.num) ?? [];
      if (children.length > 0) parents.push({ event, children });
    }
  }
  if (parents.length === 0) return NOTHING;
  const reader: Reader = {
    userId,
    roomId,
    ignored: (await deps.ignoredUsers()?.ignoredBy(userId)) ?? new Set(),
    isMember: (await deps.rooms.membership(roomId, userId)) === 'join',
  };
  const texts = new Map<number, string>();
  for (const { event, children } of parents) {
    const parts = [
      await replacement(deps, reader, event, children),
      await references(deps, reader, children),
      await thread(deps, reader, event, children),
    ].filter((part) => part !== null);
    if (parts.length > 0) texts.set(event.num, `{${parts.join(',')}}`);
  }
  return texts;
}

interface Reader {
  readonly userId: UserId;
  readonly roomId: RoomId;
  readonly ignored: ReadonlySet<UserId>;
  readonly isMember: boolean;
}

/** https://spec.matrix.org/v1.19/client-server-api/#server-side-aggregation-of-mreplace-relationships */
async function replacement(deps: BundleDeps, reader: Reader, event: StoredEvent, children: Children): Promise<string | null> {
  if ((event.flags & EVENT_FLAG.redacted) !== 0 || reader.ignored.has(event.sender)) return null;
  const edits = children.filter((child) => child.relType === 'm.replace');
  // An edit cannot be edited.
  if (edits.length === 0 || relationOf(deps.rooms.content(event))?.relType === 'm.replace') return null;
  const newest = await newestVisible(
    deps,
    reader,
    edits.map((edit) => edit.num),
  );
  if (newest === null) return null;
  const [text] = await deps.events.serialize({ viewer: viewerOf(reader), roomId: reader.roomId, events: [newest], withRelations: false });
  return text === undefined ? null : `"m.replace":${text}`;
}

/** https://spec.matrix.org/v1.19/client-server-api/#server-side-aggregation-of-mreference */
async function references(deps: BundleDeps, reader: Reader, children: Children): Promise<string | null> {
  let found = children.filter((child) => child.relType === 'm.reference' && !reader.ignored.has(child.sender));
  if (found.length === 0) return null;
  if (!reader.isMember) {
    const visible = new Set((await visibleByNum(deps, reader, numsOf(found))).map((event) => event.num));
    found = found.filter((child) => visible.has(child.num));
    if (found.length === 0) return null;
  }
  // They were read newest first; a list reads from the oldest on.
  return `"m.reference":${JSON.stringify({ chunk: found.toReversed().map((child) => ({ event_id: child.eventId })) })}`;
}

/** https://spec.matrix.org/v1.19/client-server-api/#server-side-aggregation-of-mthread-relationships */
async function thread(deps: BundleDeps, reader: Reader, root: StoredEvent, children: Children): Promise<string | null> {
  const replies = children.filter((child) => child.relType === 'm.thread' && !reader.ignored.has(child.sender));
  // A thread cannot hang on an event that is itself a child; this also ends the recursion into the latest event's own children.
  if (replies.length === 0 || relationOf(deps.rooms.content(root)) !== null) return null;
  const summary = reader.isMember ? await threadOfMember(deps, reader, replies) : await threadOfOutsider(deps, reader, root);
  if (summary === null) return null;
  const { latest, count, senders } = summary;
  const [text] = await deps.events.serialize({ viewer: viewerOf(reader), roomId: reader.roomId, events: [latest] });
  if (text === undefined) return null;
  const participated = root.sender === reader.userId || senders.has(reader.userId);
  return `"m.thread":{"latest_event":${text},"count":${count},"current_user_participated":${participated}}`;
}

interface ThreadSummary {
  readonly latest: StoredEvent;
  readonly count: number;
  readonly senders: ReadonlySet<UserId>;
}

async function threadOfMember(deps: BundleDeps, reader: Reader, replies: Children): Promise<ThreadSummary | null> {
  const newestFirst = replies.toSorted((a, b) => b.depth - a.depth || b.num - a.num);
  const latest = await newestVisible(deps, reader, numsOf(newestFirst));
  if (latest === null) return null;
  return {
    latest,
    count: replies.reduce((sum, child) => sum + child.count, 0),
    senders: new Set(replies.map((child) => child.sender)),
  };
}

/** Who has left, or looks in from outside, gets only what they could read: the replies are looked at one by one. */
async function threadOfOutsider(deps: BundleDeps, reader: Reader, root: StoredEvent): Promise<ThreadSummary | null> {
  const nums = await deps.store.replies(root.roomNid, root.eventId, THREAD_REPLIES_SEEN_MAX);
  const visible = (await visibleByNum(deps, reader, nums)).filter((event) => !reader.ignored.has(event.sender));
  const [latest] = visible;
  if (latest === undefined) return null;
  return { latest, count: visible.length, senders: new Set(visible.map((event) => event.sender)) };
}

/** The first of the numbers whose event the reader may see; nearly always the first. */
async function newestVisible(deps: BundleDeps, reader: Reader, nums: readonly number[]): Promise<StoredEvent | null> {
  const [first] = await visibleByNum(deps, reader, nums.slice(0, 1));
  if (first !== undefined || nums.length < 2) return first ?? null;
  return (await visibleByNum(deps, reader, nums.slice(1)))[0] ?? null;
}

async function visibleByNum(deps: BundleDeps, { userId, roomId }: Reader, nums: readonly number[]): Promise<StoredEvent[]> {
  return deps.events.visible({ userId, roomId, events: await deps.rooms.eventsByNum(roomId, nums) });
}

function numsOf(children: readonly ChildRow[]): number[] {
  return children.map((child) => child.num);
}

/** Nested events leave the transaction id out: it belongs to the device that made them. */
function viewerOf(reader: Reader): { userId: UserId; txnScope: null } {
  return { userId: reader.userId, txnScope: null };
}
