import type { EventId, RoomId, UserId } from '../../core/ids/brands.ts';
import type { Database } from '../../plugin-api/commit.ts';

type ReportKind = 'room' | 'event' | 'user';

export interface NewReport {
  /** ms */
  readonly receivedTs: number;
  readonly kind: ReportKind;
  readonly reporter: UserId;
  readonly roomId: RoomId | null;
  readonly eventId: EventId | null;
  /** The reported user; of an event: its sender. */
  readonly userId: UserId | null;
  readonly reason: string | null;
}

export interface Report extends NewReport {
  readonly id: number;
}

export interface ReportQuery {
  readonly kind: ReportKind;
  readonly reporter: string | null;
  readonly roomId: string | null;
  readonly newestFirst: boolean;
  readonly from: number;
  readonly limit: number;
}

export class ReportStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async add(report: NewReport): Promise<void> {
    const { receivedTs, kind, reporter, roomId, eventId, userId } = report;
    // The database refuses NUL.
    const reason = report.reason?.replaceAll('\0', '') ?? null;
    await this.#db`
      insert into report (received_ts, kind, reporter, room_id, event_id, user_id, reason)
      values (${receivedTs}, ${kind}, ${reporter}, ${roomId}, ${eventId}, ${userId}, ${reason})`;
  }

  async get(id: number): Promise<Report | null> {
    const [row] = await this.#db<Report[]>`select ${this.#columns()} from report where id = ${id}`;
    return row ?? null;
  }

  async list(query: ReportQuery): Promise<{ reports: Report[]; total: number }> {
    const { kind, reporter, roomId, newestFirst, from, limit } = query;
    const db = this.#db;
    const where = db`kind = ${kind} and (${reporter}::text is null or strpos(reporter, ${reporter}::text) > 0)
      and (${roomId}::text is null or strpos(room_id, ${roomId}::text) > 0)`;
    const order = newestFirst ? db`id desc` : db`id`;
    const [reports, totals] = await Promise.all([
      db<Report[]>`select ${this.#columns()} from report where ${where} order by ${order} offset ${from} limit ${limit}`,
      db<{ total: number }[]>`select count(*)::int as total from report where ${where}`,
    ]);
    return { reports: [...reports], total: totals[0]?.total ?? 0 };
  }

  /** Whether a row was there. */
  async delete(id: number): Promise<boolean> {
    return (await this.#db`delete from report where id = ${id} returning 1`).length > 0;
  }

  #columns() {
    return this
      .#db`id, received_ts as "receivedTs", kind, reporter, room_id as "roomId", event_id as "eventId", user_id as "userId", reason`;
  }
}
