import { LRUCache } from 'lru-cache';
import type { EventId } from '../../core/ids/brands.ts';
import { LastChanged } from '../../plugin-api/last-changed.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import { CHILDLESS_KEPT, PARENTS_KEPT } from './limits.ts';
import type { ChildRow, Parent } from './store.ts';

export type Children = readonly ChildRow[];

const NONE: Children = [];

/**
 * What is known of events' children without asking the database. Ordinary events have none, and that is remembered for many of them, so
 * that a sync of new messages costs no SQL. It follows the commits: an entry is forgotten when a child comes or a redaction takes one away.
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
    const key = keyOf(event.roomNid, event.eventId);
    if (this.#childless.get(key) === true) return NONE;
    const entry = this.#parents.get(key);
    return entry === undefined || this.#lastRedaction.since(event.roomNid, entry.redactions) ? undefined : entry.children;
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

  childAdded(roomNid: number, parentId: EventId): void {
    const key = keyOf(roomNid, parentId);
    this.#childless.delete(key);
    this.#parents.delete(key);
    for (const stale of this.#reads) stale.add(key);
  }

  redacted(roomNid: number): void {
    this.#redactions++;
    this.#lastRedaction.note(roomNid, this.#redactions);
  }
}

function keyOf(roomNid: number, eventId: EventId): string {
  return `${roomNid}/${eventId}`;
}
