import type { RoomReader } from '../room-reader.ts';
import { publicRoomOf, type RoomSummary, roomSummaries } from './room-summaries.ts';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { DirectorySql } from '../../storage/rooms/directory-sql.ts';

/** Rooms in one answer. */
export const DIRECTORY_PAGE_MAX = 500;
export const DIRECTORY_PAGE_DEFAULT = 100;

export interface DirectoryQuery {
  readonly limit: number;
  readonly since: string | null;
  readonly searchTerm: string | null;
  /** Room types to include, null standing for rooms without one; null: all. */
  readonly roomTypes: readonly (string | null)[] | null;
}

/**
 * One page of the published rooms, the largest first.
 *
 * @throws MatrixError `M_INVALID_PARAM` for a token that is not one
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3publicrooms
 */
export async function publishedRooms(deps: { reader: RoomReader; directory: DirectorySql }, query: DirectoryQuery): Promise<JsonObject> {
  const { limit, since } = query;
  const summaries = await roomSummaries(deps.reader, await deps.directory.publishedRooms());
  // A room that everybody has left is nothing to join.
  const found = summaries.filter((summary) => summary.joinedMembers > 0 && matches(summary, query));
  found.sort((a, b) => b.joinedMembers - a.joinedMembers || (a.roomId < b.roomId ? -1 : 1));
  const start = since === null ? 0 : parseOffset(since);
  const end = start + limit;
  return {
    chunk: found.slice(start, end).map(publicRoomOf),
    total_room_count_estimate: found.length,
    ...(end < found.length ? { next_batch: formatOffset(end) } : {}),
    ...(start > 0 ? { prev_batch: formatOffset(Math.max(0, start - limit)) } : {}),
  };
}

function matches(summary: RoomSummary, { searchTerm, roomTypes }: DirectoryQuery): boolean {
  if (roomTypes !== null && !roomTypes.includes(summary.roomType)) return false;
  if (searchTerm === null || searchTerm === '') return true;
  const term = searchTerm.toLowerCase();
  const { name, topic, canonicalAlias, roomId } = summary;
  return roomId === searchTerm || [name, topic, canonicalAlias].some((text) => text?.toLowerCase().includes(term) ?? false);
}

function formatOffset(offset: number): string {
  return `p${offset}`;
}

function parseOffset(token: string): number {
  if (!/^p\d{1,9}$/.test(token)) throw new MatrixError('M_INVALID_PARAM', 'since is not a token of this server');
  return Number(token.slice(1));
}
