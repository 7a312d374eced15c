import { MatrixError } from '../../core/errors/matrix-error.ts';
import { formatTimelineToken, parseTimelineToken } from '../../rooms/timeline-token.ts';
import { parseSyncToken } from '../../sync/sync-token.ts';
import type { OrderKey, PageBound } from './store.ts';

export { formatTimelineToken as formatPageToken };

/** Where a page begins or ends: a place in the room's order, or how much of the log a sync had answered. */
export type PageToken = { readonly key: OrderKey } | { readonly pos: number };

/**
 * Tokens of this module's own pages, of `/messages` and of `/sync` are understood.
 *
 * @throws MatrixError `M_INVALID_PARAM`
 */
export function pageTokenFrom(query: URLSearchParams, name: 'from' | 'to'): PageToken | null {
  const raw = query.get(name);
  if (raw === null || raw === '') return null;
  const key = parseTimelineToken(raw);
  if (key !== null) return { key };
  const position = parseSyncToken(raw);
  if (position !== null) return { pos: position.pos };
  throw new MatrixError('M_INVALID_PARAM', `Unknown pagination token in ${name}`);
}

/** What lies between `from` and `to` in the direction of reading. A place is right before the event that it names. */
export function boundOf(options: { from: PageToken | null; to: PageToken | null; dir: 'b' | 'f' }): PageBound {
  const { from, to, dir } = options;
  const [lower, upper] = dir === 'b' ? [to, from] : [from, to];
  return {
    ...(lower === null ? {} : 'key' in lower ? { after: { depth: lower.key.depth, num: lower.key.num - 1 } } : { afterPos: lower.pos }),
    ...(upper === null ? {} : 'key' in upper ? { before: upper.key } : { upToPos: upper.pos }),
  };
}
