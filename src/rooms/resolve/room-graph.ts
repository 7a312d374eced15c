import type { EventId } from '../../core/ids/brands.ts';
import { AuthGraph } from '../../core/state-res/auth-graph.ts';
import type { RoomSql } from '../../storage/rooms/room-reader-sql.ts';

/** The auth graph of one room with the ids of its events; made when the room first has something to resolve, then appended live. */
export class RoomGraph {
  readonly graph = new AuthGraph();
  readonly #idOf = new Map<number, EventId>();
  readonly #numOf = new Map<EventId, number>();

  /** One query for the whole room. */
  static async load(sql: RoomSql, roomNid: number): Promise<RoomGraph> {
    const loaded = new RoomGraph();
    const rows = new Map((await sql.authEdges(roomNid)).map((row) => [row.num, row]));
    for (const row of rows.values()) loaded.#addWithAuth(row.num, rows);
    return loaded;
  }

  /** An event that was just stored. Its auth events are here already. */
  add(event: { num: number; eventId: EventId; auth: readonly number[] }): void {
    if (this.graph.has(event.num)) return;
    this.#idOf.set(event.num, event.eventId);
    this.#numOf.set(event.eventId, event.num);
    this.graph.append(
      event.num,
      event.auth.filter((num) => this.graph.has(num)),
    );
  }

  id(num: number): EventId {
    const id = this.#idOf.get(num);
    if (id === undefined) throw new Error(`event ${num} is not in the auth graph`);
    return id;
  }

  num(id: EventId): number | undefined {
    return this.#numOf.get(id);
  }

  /** Auth events first, without recursion: chains are long. Numbers usually ascend along them, so the stack stays short. */
  #addWithAuth(start: number, rows: ReadonlyMap<number, { num: number; auth: number[]; eventId: EventId }>): void {
    const stack = [start];
    const open = new Set<number>();
    while (stack.length > 0) {
      const num = stack[stack.length - 1] as number;
      const row = rows.get(num);
      if (row === undefined || this.graph.has(num)) {
        stack.pop();
        continue;
      }
      const missing = open.has(num) ? [] : row.auth.filter((auth) => !this.graph.has(auth) && rows.has(auth));
      open.add(num);
      if (missing.length > 0) stack.push(...missing);
      else {
        this.add(row);
        stack.pop();
      }
    }
  }
}
