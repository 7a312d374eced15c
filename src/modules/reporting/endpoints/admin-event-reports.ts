import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { JsonObject } from '../../../core/json/json-value.ts';
import type { Report } from '../store.ts';
import { type ReportingDeps, reportingEndpoint } from './deps.ts';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;

/** Moderation tools poll this list. */
export const adminListEventReports = reportingEndpoint({
  method: 'GET',
  path: '/_synapse/admin/v1/event_reports',
  auth: 'admin',
  handler: async ({ deps, query }) => {
    const from = readNumber(query, 'from', 0);
    const limit = Math.min(readNumber(query, 'limit', PAGE_DEFAULT), PAGE_MAX);
    const dir = query.get('dir') ?? 'b';
    if (dir !== 'b' && dir !== 'f') throw new MatrixError('M_INVALID_PARAM', 'dir must be b or f');
    const { reports, total } = await deps.store.list({
      kind: 'event',
      reporter: query.get('user_id'),
      roomId: query.get('room_id'),
      newestFirst: dir === 'b',
      from,
      limit,
    });
    const next = from + reports.length;
    return {
      event_reports: await Promise.all(reports.map((report) => describe(deps, report))),
      total,
      ...(next < total ? { next_token: next } : {}),
    };
  },
});

/** One report, with the event as it is now. */
export const adminGetEventReport = reportingEndpoint({
  method: 'GET',
  path: '/_synapse/admin/v1/event_reports/:reportId',
  auth: 'admin',
  handler: async ({ deps, params }) => {
    const report = await find(deps, params.reportId);
    const { roomId, eventId } = report;
    const event = roomId === null || eventId === null ? null : await deps.rooms.event(roomId, eventId);
    return { ...(await describe(deps, report)), event_json: event === null ? null : (JSON.parse(event.json) as JsonObject) };
  },
});

export const adminDeleteEventReport = reportingEndpoint({
  method: 'DELETE',
  path: '/_synapse/admin/v1/event_reports/:reportId',
  auth: 'admin',
  handler: async ({ deps, params }) => {
    await deps.store.delete((await find(deps, params.reportId)).id);
    return {};
  },
});

async function find({ store }: ReportingDeps, raw: string): Promise<Report> {
  if (!/^\d{1,15}$/.test(raw)) throw new MatrixError('M_INVALID_PARAM', 'The id of a report is a number');
  const report = await store.get(Number(raw));
  if (report?.kind !== 'event') throw new MatrixError('M_NOT_FOUND', 'There is no such report');
  return report;
}

async function describe({ rooms }: ReportingDeps, report: Report): Promise<JsonObject> {
  const { id, receivedTs, roomId, eventId, reporter, userId, reason } = report;
  const text = async (type: string, key: string): Promise<string | null> => {
    const event = roomId === null ? null : await rooms.stateEvent(roomId, type, '');
    const value = event === null ? undefined : rooms.content(event)[key];
    return typeof value === 'string' ? value : null;
  };
  return {
    id,
    received_ts: receivedTs,
    room_id: roomId,
    event_id: eventId,
    user_id: reporter,
    sender: userId,
    reason,
    name: await text('m.room.name', 'name'),
    canonical_alias: await text('m.room.canonical_alias', 'alias'),
  };
}

function readNumber(query: URLSearchParams, name: string, fallback: number): number {
  const value = query.get(name);
  if (value === null) return fallback;
  if (!/^\d{1,9}$/.test(value)) throw new MatrixError('M_INVALID_PARAM', `${name} must be a whole number`);
  return Number(value);
}
