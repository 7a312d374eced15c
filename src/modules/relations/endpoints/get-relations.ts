import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { EventId, RoomId } from '../../../core/ids/brands.ts';
import { type HttpReply, reply, type Requester } from '../../../plugin-api/endpoint.ts';
import type { StoredEvent } from '../../../plugin-api/stored-event.ts';
import { RECURSION_DEPTH, ROWS_PER_PAGE_MAX } from '../limits.ts';
import { boundOf, formatPageToken, pageTokenFrom } from '../page-token.ts';
import type { PageBound } from '../store.ts';
import { limitFrom, type RelationsEndpointDeps, relationsEndpoint, viewerOf } from './deps.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventid */
export const getRelations = relationsEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/rooms/:roomId/relations/:eventId',
  auth: 'guest',
  handler: ({ deps, requester, params, query }) => relations(deps, { ...params, requester, query, relType: null, eventType: null }),
});

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltype */
export const getRelationsOfType = relationsEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/rooms/:roomId/relations/:eventId/:relType',
  auth: 'guest',
  handler: ({ deps, requester, params, query }) => relations(deps, { ...params, requester, query, eventType: null }),
});

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltypeeventtype */
export const getRelationsOfEventType = relationsEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/rooms/:roomId/relations/:eventId/:relType/:eventType',
  auth: 'guest',
  handler: ({ deps, requester, params, query }) => relations(deps, { ...params, requester, query }),
});

interface Asked {
  readonly roomId: RoomId;
  readonly eventId: EventId;
  readonly relType: string | null;
  readonly eventType: string | null;
  readonly requester: Requester;
  readonly query: URLSearchParams;
}

type Direction = 'b' | 'f';

async function relations(deps: RelationsEndpointDeps, asked: Asked): Promise<HttpReply> {
  const { roomId, eventId, requester, query } = asked;
  const dir = directionFrom(query);
  const recurse = flagFrom(query, 'recurse');
  const limit = limitFrom(query);
  const from = pageTokenFrom(query, 'from');
  const bound = boundOf({ from, to: pageTokenFrom(query, 'to'), dir });
  const parent = await deps.rooms.visibleEvent({ roomId, eventId, userId: requester.userId });
  if (parent === null) throw new MatrixError('M_NOT_FOUND', 'Event not found');

  const page = await visiblePage(deps, { ...asked, parent, bound, dir, limit, recurse: recurse === true });
  const chunk = await deps.events.serialize({ viewer: viewerOf(requester), roomId, events: page.events });
  const rest = JSON.stringify({
    ...(page.next === null ? {} : { next_batch: page.next }),
    ...(from === null ? {} : { prev_batch: query.get('from') }),
    ...(recurse === undefined ? {} : { recursion_depth: recurse ? RECURSION_DEPTH : 1 }),
  }).slice(1);
  return reply({ status: 200, body: `{"chunk":[${chunk.join(',')}]${rest === '}' ? '' : ','}${rest}` });
}

/** Rows are read on until the page is full: some of them may be hidden from the reader. */
async function visiblePage(
  deps: RelationsEndpointDeps,
  asked: Asked & { parent: StoredEvent; bound: PageBound; dir: Direction; limit: number; recurse: boolean },
): Promise<{ events: StoredEvent[]; next: string | null }> {
  const { roomId, parent, relType, eventType, dir, limit, recurse } = asked;
  const { userId } = asked.requester;
  const ignored = (await deps.ignoredUsers()?.ignoredBy(userId)) ?? new Set();
  const events: StoredEvent[] = [];
  let { bound } = asked;
  let seen = 0;
  for (;;) {
    const rows = await deps.store.page({
      roomNid: parent.roomNid,
      parentId: parent.eventId,
      relType,
      eventType,
      bound,
      dir,
      limit: limit + 1,
      recurse,
    });
    const found = await deps.rooms.eventsByNum(
      roomId,
      rows.map((row) => row.num),
    );
    const wanted = found.filter((event) => event.num !== parent.num && (event.stateKey !== undefined || !ignored.has(event.sender)));
    const visible = await deps.events.visible({ userId, roomId, events: wanted });
    const room = limit - events.length;
    events.push(...visible.slice(0, room));
    const overflow = visible[room];
    if (overflow !== undefined) return { events, next: formatPageToken(placeAfter(events.at(-1) ?? overflow, dir)) };
    const last = rows.at(-1);
    if (last === undefined || rows.length <= limit) return { events, next: null };
    seen += rows.length;
    if (seen >= ROWS_PER_PAGE_MAX) return { events, next: formatPageToken(placeAfter(last, dir)) };
    bound = { ...bound, ...(dir === 'b' ? { before: last } : { after: last }) };
  }
}

/** The place behind an event in the direction of reading; a place is right before the event that it names. */
function placeAfter({ depth, num }: { depth: number; num: number }, dir: Direction): { depth: number; num: number } {
  return dir === 'b' ? { depth, num } : { depth, num: num + 1 };
}

function directionFrom(query: URLSearchParams): Direction {
  const raw = query.get('dir');
  if (raw === null || raw === '' || raw === 'b') return 'b';
  if (raw === 'f') return 'f';
  throw new MatrixError('M_INVALID_PARAM', 'dir must be b or f');
}

function flagFrom(query: URLSearchParams, name: string): boolean | undefined {
  const raw = query.get(name);
  if (raw === null || raw === '') return undefined;
  if (raw === 'true' || raw === 'false') return raw === 'true';
  throw new MatrixError('M_INVALID_PARAM', `${name} must be true or false`);
}
