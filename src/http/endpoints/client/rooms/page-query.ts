import { MatrixError } from '../../../../core/errors/matrix-error.ts';
import { FILTER_LIMIT_DEFAULT, FILTER_LIMIT_MAX } from '../../../../core/filters/filter-types.ts';
import type { RoomView, TimelineToken } from '../../../../rooms/room-reader.ts';
import { placeAtPosition } from '../../../../rooms/service/page-events.ts';
import { parseTimelineToken } from '../../../../rooms/timeline-token.ts';
import { parseSyncToken } from '../../../../sync/sync-token.ts';

/** `dir`, which must be there. */
export function readDirection(query: URLSearchParams): 'b' | 'f' {
  const value = query.get('dir');
  if (value === null) throw new MatrixError('M_MISSING_PARAM', 'dir is missing');
  if (value !== 'b' && value !== 'f') throw new MatrixError('M_INVALID_PARAM', 'dir must be b or f');
  return value;
}

/** `limit`; a larger number than the server gives is lowered. */
export function readLimit(query: URLSearchParams): number {
  const value = query.get('limit');
  if (value === null || value === '') return FILTER_LIMIT_DEFAULT;
  if (!/^\d{1,15}$/.test(value)) throw new MatrixError('M_INVALID_PARAM', 'limit must be a whole number that is not negative');
  return Math.min(Number(value), FILTER_LIMIT_MAX);
}

/** A token of `/messages` or `/context`, or one of `/sync`. null when the parameter is absent. */
export async function readPlace(query: URLSearchParams, name: string, view: RoomView): Promise<TimelineToken | null> {
  const raw = query.get(name);
  if (raw === null || raw === '') return null;
  const place = parseTimelineToken(raw);
  if (place !== null) return place;
  const position = parseSyncToken(raw);
  if (position === null) throw new MatrixError('M_INVALID_PARAM', `${name} is not a token of this server`);
  return placeAtPosition(view, position.pos);
}
