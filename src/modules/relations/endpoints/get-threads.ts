import { MatrixError } from '../../../core/errors/matrix-error.ts';
import { redact } from '../../../core/events/redact.ts';
import type { UserId } from '../../../core/ids/brands.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import { type HttpReply, reply } from '../../../plugin-api/endpoint.ts';
import type { RoomInfo } from '../../../plugin-api/ports.ts';
import { EVENT_FLAG, type StoredEvent } from '../../../plugin-api/stored-event.ts';
import { versionOf } from '../../../rooms/events/event-store.ts';
import { ROWS_PER_PAGE_MAX } from '../limits.ts';
import { formatPageToken, pageTokenFrom } from '../page-token.ts';
import type { OrderKey, ThreadPlace } from '../store.ts';
import { limitFrom, type RelationsEndpointDeps, relationsEndpoint, viewableRoom, viewerOf } from './deps.ts';

/**
 * Threads of a room, the one with the newest reply first.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidthreads
 */
export const getThreads = relationsEndpoint({
  method: 'GET',
  path: '/_matrix/client/v1/rooms/:roomId/threads',
  auth: 'guest',
  async handler({ deps, requester, params, query }): Promise<HttpReply> {
    const { roomId } = params;
    const { userId } = requester;
    const include = query.get('include') ?? 'all';
    if (include !== 'all' && include !== 'participated') throw new MatrixError('M_INVALID_PARAM', 'include must be all or participated');
    const from = pageTokenFrom(query, 'from');
    if (from !== null && !('key' in from)) throw new MatrixError('M_INVALID_PARAM', 'Unknown pagination token in from');
    const limit = limitFrom(query);
    const info = await viewableRoom(deps.rooms, roomId, userId);
    const ignored = (await deps.ignoredUsers()?.ignoredBy(userId)) ?? new Set<UserId>();

    const participant = include === 'participated' ? userId : null;
    const page = await visibleRoots(deps, { info, userId, ignored, participant, before: from?.key ?? null, limit });
    const roots = page.roots.map((root) => (ignored.has(root.sender) ? redacted(root, info) : root));
    const chunk = await deps.events.serialize({ viewer: viewerOf(requester), roomId, events: roots });
    const next = page.next === null ? '' : `,"next_batch":${JSON.stringify(formatPageToken(page.next))}`;
    return reply({ status: 200, body: `{"chunk":[${chunk.join(',')}]${next}}` });
  },
});

async function visibleRoots(
  deps: RelationsEndpointDeps,
  options: {
    info: RoomInfo;
    userId: UserId;
    ignored: ReadonlySet<UserId>;
    participant: UserId | null;
    before: OrderKey | null;
    limit: number;
  },
): Promise<{ roots: StoredEvent[]; next: OrderKey | null }> {
  const { info, userId, participant, limit } = options;
  const { roomId, nid: roomNid } = info;
  const found: { root: StoredEvent; row: ThreadPlace }[] = [];
  let { before } = options;
  for (let seen = 0; ; ) {
    const rows = await deps.store.threads({ roomNid, before, limit: limit + 1, participant, ignored: [...options.ignored] });
    const [rootEvents, newest] = await Promise.all([visible(rows.map((row) => row.rootNum)), visible(rows.map((row) => row.newestNum))]);
    for (const row of rows) {
      const root = rootEvents.get(row.rootNum);
      if (root !== undefined && newest.has(row.newestNum)) {
        if (found.length === limit) return { roots: byNewest(found), next: before };
        found.push({ root, row });
      }
      before = { depth: row.depth, num: row.num };
    }
    seen += rows.length;
    if (rows.length <= limit) return { roots: byNewest(found), next: null };
    if (seen >= ROWS_PER_PAGE_MAX) return { roots: byNewest(found), next: before };
  }

  async function visible(nums: readonly number[]): Promise<Map<number, StoredEvent>> {
    const events = await deps.rooms.eventsByNum(roomId, nums);
    return new Map((await deps.events.visible({ userId, roomId, events })).map((event) => [event.num, event]));
  }
}

/** A page is a stretch of all threads; inside it they are ordered by what this reader may see of them. */
function byNewest(found: readonly { root: StoredEvent; row: ThreadPlace }[]): StoredEvent[] {
  return found.toSorted((a, b) => b.row.newestDepth - a.row.newestDepth || b.row.newestNum - a.row.newestNum).map(({ root }) => root);
}

/** The event as it would be after a redaction, for somebody who ignores its sender. */
function redacted(event: StoredEvent, info: RoomInfo): StoredEvent {
  const pdu = redact(JSON.parse(event.json) as JsonObject, versionOf(info));
  return { ...event, json: JSON.stringify(pdu), flags: event.flags | EVENT_FLAG.redacted };
}
