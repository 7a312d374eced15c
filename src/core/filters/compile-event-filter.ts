import type { JsonObject } from '../json/json-value.ts';
import { compileGlob, type GlobMatcher } from '../matching/glob.ts';
import type { EventFilter, RoomEventFilter } from './filter-types.ts';

/** The parts of an event that filters look at; a RoomEvent fits. Ephemeral events and account data have no sender or no room. */
export interface FilterableEvent {
  readonly type: string;
  readonly sender?: string | undefined;
  readonly roomId?: string | undefined;
  readonly content: JsonObject;
}

/** An event that points at the event under test. */
export interface IncomingRelation {
  readonly sender: string;
  readonly relType: string;
}

/**
 * `relations` are the events that point at the event; needed only for filters with `related_by_*` (see `needsRelations`),
 * which let nothing through without them.
 */
export type EventPredicate = (event: FilterableEvent, relations?: readonly IncomingRelation[]) => boolean;

/**
 * Turns a filter into a predicate. Exclusions win over inclusions. The checks that a filter does not need are absent.
 * `limit`, lazy loading and thread counts are not the predicate's: they are the caller's.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 */
export function compileEventFilter(filter: EventFilter | RoomEventFilter): EventPredicate {
  const checks: EventPredicate[] = [];
  if ('rooms' in filter) {
    const inRooms = compileRoomFilter(filter);
    if (filter.rooms !== undefined || filter.notRooms.length > 0)
      checks.push((event) => event.roomId === undefined || inRooms(event.roomId));
  }
  if (filter.types !== undefined || filter.notTypes.length > 0) {
    const included = filter.types && compileTypes(filter.types);
    const excluded = compileTypes(filter.notTypes);
    checks.push((event) => (included === undefined || included(event.type)) && !excluded(event.type));
  }
  if (filter.senders !== undefined || filter.notSenders.length > 0) {
    const included = filter.senders && new Set(filter.senders);
    const excluded = new Set(filter.notSenders);
    checks.push(({ sender }) =>
      sender === undefined ? included === undefined : (included === undefined || included.has(sender)) && !excluded.has(sender),
    );
  }
  if ('containsUrl' in filter) {
    const { containsUrl } = filter;
    if (containsUrl !== undefined) checks.push((event) => Object.hasOwn(event.content, 'url') === containsUrl);
    if (needsRelations(filter)) checks.push(compileRelations(filter));
  }
  const [first, second] = checks;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  return (event, relations) => checks.every((check) => check(event, relations));
}

/** The room lists of a RoomFilter or a RoomEventFilter, for deciding about a whole room before reading its events. */
export function compileRoomFilter(filter: {
  readonly rooms: readonly string[] | undefined;
  readonly notRooms: readonly string[];
}): (roomId: string) => boolean {
  const included = filter.rooms && new Set(filter.rooms);
  const excluded = new Set(filter.notRooms);
  return (roomId) => (included === undefined || included.has(roomId)) && !excluded.has(roomId);
}

/** Whether the predicate wants the relations that point at each event. */
export function needsRelations(filter: RoomEventFilter): boolean {
  return filter.relatedBySenders !== undefined || filter.relatedByRelTypes !== undefined;
}

/** One and the same relation has to satisfy both lists. */
function compileRelations(filter: RoomEventFilter): EventPredicate {
  const senders = filter.relatedBySenders && new Set(filter.relatedBySenders);
  const relTypes = filter.relatedByRelTypes && new Set(filter.relatedByRelTypes);
  const wanted = (relation: IncomingRelation): boolean =>
    (senders === undefined || senders.has(relation.sender)) && (relTypes === undefined || relTypes.has(relation.relType));
  return (_event, relations) => relations?.some(wanted) ?? false;
}

/** Types without `*` are looked up, the others tried one by one. `?` has no meaning here. */
function compileTypes(patterns: readonly string[]): (type: string) => boolean {
  const exact = new Set<string>();
  const globs: GlobMatcher[] = [];
  for (const pattern of patterns) {
    if (pattern.includes('*')) globs.push(compileGlob(pattern, { match: 'whole', ignoreCase: false, questionMark: false }));
    else exact.add(pattern);
  }
  return (type) => exact.has(type) || globs.some((glob) => glob(type));
}
