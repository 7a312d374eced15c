import type { UserId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { BatchWriter, Database } from '../../plugin-api/commit.ts';

export interface ProfileRow {
  readonly userId: UserId;
  readonly fields: JsonObject;
}

export const profileWriter: BatchWriter<ProfileRow> = {
  name: 'profile',
  write: (tx, rows) => {
    const last = new Map(rows.map(({ row }) => [row.userId, JSON.stringify(row.fields)]));
    return tx`
      insert into profile (user_id, fields) select * from unnest(${[...last.keys()]}::text[], ${[...last.values()]}::text[])
      on conflict (user_id) do update set fields = excluded.fields`;
  },
};

export class ProfileStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async get(userId: UserId): Promise<JsonObject | null> {
    const [row] = await this.#db<{ fields: string }[]>`select fields from profile where user_id = ${userId}`;
    return row === undefined ? null : (JSON.parse(row.fields) as JsonObject);
  }
}
