import { LRUCache } from 'lru-cache';
import type { EventId } from '../../core/ids/brands.ts';
import { LastChanged } from '../../plugin-api/last-changed.ts';
import { EVENT_FLAG, type StoredEvent } from '../../plugin-api/stored-event.ts';
import { CHILDLESS_KEPT, PARENTS_KEPT, REFERENCES_MAX } from './limits.ts';
import type { Relation } from './relation-of.ts';
import type { ChildRow, Parent } from './store.ts';

export type Children = readonly ChildRow[];

const NONE: Children = [];

/**
 * What is known of events' children without asking the database. Ordinary events have none, and that is remembered for many of them, so
 * that a sync of new messages costs no SQL. It follows the commits: children are added, and a redaction, which may take one away, has
 * the room's parents read again.
 */
export class ChildrenCache {
  readonly #load: (roomNid: number, parents: readonly Parent[]) => Promise<readonly ChildRow[]>;
  readonly #childless = new LRUCache<string, true>({ max: CHILDLESS_KEPT });
  readonly #parents = new LRUCache<string, { redactions: number; children: Children }>({ max: PARENTS_KEPT });
  /** Redactions so far, and which of them was a room's last: a redacted child no longer says what its parent was. */
  #redactions = 0;
  readonly #lastRedaction = new LastChanged<number>(0);
  /** What became stale while it was being read, for every read that is under way. */
  readonly #reads = new Set<Set<string>>();

  constructor(load: (roomNid: number, parents: readonly Parent[]) => Promise<readonly ChildRow[]>) {
    this.#load = load;
  }

  /** Undefined when the database must be asked. */
  known(event: StoredEvent): Children | undefined {
    return this.#lookUp(event.roomNid, keyOf(event.roomNid, event.eventId));
  }

  /** Reads the children of events of one room and remembers them. */
  async read(roomNid: number, events: readonly StoredEvent[]): Promise<Map<number, Children>> {
    const stale = new Set<string>();
    const redactions = this.#redactions;
    this.#reads.add(stale);
    try {
      const rows = Map.groupBy(await this.#load(roomNid, events), (row) => row.parentId);
      return new Map(
        events.map((event) => {
          const children = rows.get(event.eventId) ?? NONE;
          const key = keyOf(roomNid, event.eventId);
          if (!stale.has(key)) {
            if (children.length === 0) this.#childless.set(key, true);
            else this.#parents.set(key, { redactions, children });
          }
          return [event.num, children];
        }),
      );
    } finally {
      this.#reads.delete(stale);
    }
  }

  /** A new event that nobody can have pointed at. */
  isNew(roomNid: number, eventId: EventId): void {
    this.#childless.set(keyOf(roomNid, eventId), true);
  }

  /** A child was committed. Threads and references go on from what is known; edits are read again, because not every one counts. */
  childAdded(event: StoredEvent, relation: Pick<Relation, 'relType' | 'parentId'>): void {
    const { relType, parentId } = relation;
    if (!isAggregated(relType) || event.seq === null || (event.flags & EVENT_FLAG.redacted) !== 0) return;
    const key = keyOf(event.roomNid, parentId);
    for (const stale of this.#reads) stale.add(key);
    const known = this.#lookUp(event.roomNid, key);
    this.#childless.delete(key);
    this.#parents.delete(key);
    if (known === undefined || relType === 'm.replace') return;
    const children = withChild(known, { ...relation, relType }, event);
    if (children !== null) this.#parents.set(key, { redactions: this.#redactions, children });
  }

  redacted(roomNid: number): void {
    this.#redactions++;
    this.#lastRedaction.note(roomNid, this.#redactions);
  }

  #lookUp(roomNid: number, key: string): Children | undefined {
    if (this.#childless.get(key) === true) return NONE;
    const entry = this.#parents.get(key);
    return entry === undefined || this.#lastRedaction.since(roomNid, entry.redactions) ? undefined : entry.children;
  }
}

function keyOf(roomNid: number, eventId: EventId): string {
  return `${roomNid}/${eventId}`;
}

function isAggregated(relType: string): relType is ChildRow['relType'] {
  return relType === 'm.replace' || relType === 'm.reference' || relType === 'm.thread';
}

/**
 * The children as they would be read with one more; `null` when only a reading can tell. What was read may hold the child already, when the
 * reading overtook the word of the commit, so only a child behind all that is known is added.
 */
function withChild(children: Children, relation: { relType: ChildRow['relType']; parentId: EventId }, event: StoredEvent): Children | null {
  const { relType, parentId } = relation;
  const { num, depth, sender } = event;
  const alike = children.filter((child) => child.relType === relType);
  if (alike.some((child) => child.depth > depth || (child.depth === depth && child.num >= num))) return null;
  if (relType === 'm.thread') {
    const before = alike.find((child) => child.sender === sender);
    const reply: ChildRow = { parentId, relType, num, depth, sender, eventId: '' as EventId, count: (before?.count ?? 0) + 1 };
    return [...children.filter((child) => child !== before), reply];
  }
  const reference: ChildRow = { parentId, relType, num, depth, sender, eventId: event.eventId, count: 1 };
  return [...children.filter((child) => child.relType !== relType), reference, ...alike.slice(0, REFERENCES_MAX - 1)];
}
