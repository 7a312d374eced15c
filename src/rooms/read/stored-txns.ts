import type { UserId } from '../../core/ids/brands.ts';
import type { Dictionary } from '../../storage/rooms/dictionary.ts';
import type { RoomSql } from '../../storage/rooms/room-reader-sql.ts';

interface Question {
  readonly roomNid: number;
  readonly nums: readonly number[];
  readonly answer: (found: ReadonlyMap<number, string>) => void;
  readonly fail: (error: unknown) => void;
}

/** Transaction ids of stored events. A sync asks for each of its rooms; what is asked in one turn of the event loop is one query. */
export class StoredTxns {
  readonly #sql: RoomSql;
  readonly #users: Dictionary;
  /** By device. */
  readonly #waiting = new Map<string, Question[]>();

  constructor(deps: { sql: RoomSql; users: Dictionary }) {
    this.#sql = deps.sql;
    this.#users = deps.users;
  }

  of(question: { userId: UserId; scope: string; roomNid: number; nums: readonly number[] }): Promise<ReadonlyMap<number, string>> {
    const { userId, scope, roomNid, nums } = question;
    return new Promise((answer, fail) => {
      const key = JSON.stringify([userId, scope]);
      const waiting = this.#waiting.get(key);
      if (waiting !== undefined) {
        waiting.push({ roomNid, nums, answer, fail });
        return;
      }
      this.#waiting.set(key, [{ roomNid, nums, answer, fail }]);
      setImmediate(() => {
        const questions = this.#waiting.get(key) ?? [];
        this.#waiting.delete(key);
        void this.#ask(userId, scope, questions);
      });
    });
  }

  async #ask(userId: UserId, scope: string, questions: readonly Question[]): Promise<void> {
    try {
      const userNid = await this.#users.number(userId);
      const wanted = questions.flatMap(({ roomNid, nums }) => nums.map((num) => ({ roomNid, num })));
      const rows = Map.groupBy(await this.#sql.txnsOfEvents(wanted, userNid, scope), (row) => row.roomNid);
      for (const { roomNid, nums, answer } of questions) {
        const found = (rows.get(roomNid) ?? []).filter((row) => nums.includes(row.num));
        answer(new Map(found.map((row) => [row.num, row.txnId])));
      }
    } catch (error) {
      for (const { fail } of questions) fail(error);
    }
  }
}
