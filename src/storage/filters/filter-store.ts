import type { UserId } from '../../core/ids/brands.ts';
import type { Database } from '../../plugin-api/commit.ts';

/** Filters that one user can have stored. */
export const FILTERS_PER_USER_MAX = 1000;

/** Filters stored with `POST /user/{userId}/filter`. They are never changed. */
export class FilterStore {
  readonly #sql: Database;

  constructor(sql: Database) {
    this.#sql = sql;
  }

  /** JSON text of the filter; null when the user has stored none of this id. */
  async read(userId: UserId, filterId: string): Promise<string | null> {
    const rows = await this.#sql<{ json: string }[]>`
      select json from user_filter where user_id = ${userId} and filter_id = ${filterId}`;
    return rows[0]?.json ?? null;
  }

  /** False when the user has `FILTERS_PER_USER_MAX` filters and this one is not among them. Storing one again changes nothing. */
  async write(filter: { readonly userId: UserId; readonly filterId: string; readonly json: string }): Promise<boolean> {
    const { userId, filterId, json } = filter;
    const rows = await this.#sql`
      with added as (
        insert into user_filter (user_id, filter_id, json)
        select ${userId}, ${filterId}, ${json}
        where (select count(*) from user_filter where user_id = ${userId}) < ${FILTERS_PER_USER_MAX}
        on conflict do nothing
        returning 1
      )
      select from added
      union all
      select from user_filter where user_id = ${userId} and filter_id = ${filterId}`;
    return rows.length > 0;
  }
}
