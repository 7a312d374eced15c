import type { UserId } from '../../core/ids/brands.ts';
import type { Database } from '../../plugin-api/commit.ts';

/** Deactivated users who are still in, invited to or knocking on a room: the server stopped before they had left. */
export async function deactivatedWithRooms(db: Database): Promise<UserId[]> {
  const rows = await db<{ user_id: UserId }[]>`
    select user_id from account join user_nid using (user_id)
    where deactivated_ts is not null
      and exists (select 1 from member where user_nid = user_nid.nid and membership in ('join', 'invite', 'knock'))`;
  return rows.map((row) => row.user_id);
}
