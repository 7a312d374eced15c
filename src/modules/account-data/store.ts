import type { RoomId, UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { BatchWriter, Database } from '../../plugin-api/commit.ts';
import type { AccountDataKey } from '../../plugin-api/slots.ts';

export interface AccountDataRow extends AccountDataKey {
  /** `null`: deleted. */
  readonly content: JsonObject | null;
}

/** `room_id` of the data that belongs to no room. */
const NO_ROOM = '';

export const accountDataWriter: BatchWriter<AccountDataRow> = {
  name: 'account_data',
  write: (tx, rows) => {
    const last = new Map(rows.map(({ pos, row }) => [JSON.stringify([row.userId, row.roomId, row.type]), { pos, row }]));
    const unique = [...last.values()];
    return tx`
      insert into account_data (user_id, room_id, type, content, pos)
      select * from unnest(${unique.map(({ row }) => row.userId)}::text[], ${unique.map(({ row }) => row.roomId ?? NO_ROOM)}::text[],
        ${unique.map(({ row }) => row.type)}::text[],
        ${unique.map(({ row }) => (row.content === null ? null : JSON.stringify(row.content)))}::text[], ${unique.map(({ pos }) => pos)}::bigint[])
      on conflict (user_id, room_id, type) do update set content = excluded.content, pos = excluded.pos`;
  },
};

interface StoredRow {
  readonly user_id: UserId;
  readonly room_id: string;
  readonly type: string;
  readonly content: string | null;
}

export class AccountDataStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async get({ userId, roomId, type }: AccountDataKey): Promise<JsonObject | null> {
    const rows = await this.#db<StoredRow[]>`
      select content from account_data where user_id = ${userId} and room_id = ${roomId ?? NO_ROOM} and type = ${type}`;
    return parse(rows[0]?.content ?? null);
  }

  /** One type of data of many users; users without it are left out. */
  async ofUsers(userIds: readonly UserId[], type: string): Promise<Map<UserId, JsonObject>> {
    const rows = await this.#db<StoredRow[]>`
      select user_id, content from account_data
      where user_id = any(${userIds as UserId[]}::text[]) and room_id = ${NO_ROOM} and type = ${type} and content is not null`;
    return new Map(rows.map((row) => [row.user_id, parse(row.content) ?? {}]));
  }

  /** Everything that is there. */
  async all(userId: UserId): Promise<AccountDataRow[]> {
    const rows = await this.#db<StoredRow[]>`
      select user_id, room_id, type, content from account_data where user_id = ${userId} and content is not null`;
    return rows.map(toRow);
  }

  /** What changed after `from` up to and including `to`, deletions among it, in order of change. */
  async changes(userId: UserId, { from, to }: { from: number; to: number }): Promise<AccountDataRow[]> {
    const rows = await this.#db<StoredRow[]>`
      select user_id, room_id, type, content from account_data where user_id = ${userId} and pos > ${from} and pos <= ${to} order by pos`;
    return rows.map(toRow);
  }

  async ofRooms(userId: UserId, roomIds: readonly RoomId[]): Promise<AccountDataRow[]> {
    const rows = await this.#db<StoredRow[]>`
      select user_id, room_id, type, content from account_data
      where user_id = ${userId} and room_id = any(${roomIds as RoomId[]}::text[]) and content is not null`;
    return rows.map(toRow);
  }

  async deleteAll(userId: UserId): Promise<void> {
    await this.#db`delete from account_data where user_id = ${userId}`;
  }
}

function toRow(row: StoredRow): AccountDataRow {
  return {
    userId: row.user_id,
    roomId: row.room_id === NO_ROOM ? null : (row.room_id as RoomId),
    type: row.type,
    content: parse(row.content),
  };
}

function parse(text: string | null): JsonObject | null {
  return text === null ? null : (JSON.parse(text) as JsonObject);
}
