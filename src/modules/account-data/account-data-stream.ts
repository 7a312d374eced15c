import type { RoomId } from '../../core/ids/brands.ts';
import type { JsonObject } from '../../core/json/json-value.ts';
import type { RoomContribution, SyncContribution, SyncRequest, SyncStream } from '../../plugin-api/sync-stream.ts';
import type { AccountData } from './account-data.ts';
import type { AccountDataRow, AccountDataStore } from './store.ts';

/** Everything at first, then what changed; a room that was joined meanwhile brings all of its data. */
export function accountDataStream(accountData: AccountData, store: AccountDataStore): SyncStream {
  return {
    name: 'account_data',
    async contribute(request: SyncRequest): Promise<SyncContribution | null> {
      const { userId, from, to, joined, newlyJoined } = request;
      if (from === null) return contribution(await store.all(userId), joined);
      const hasChanged = accountData.mayHaveChanged(userId, from);
      if (!hasChanged && newlyJoined.size === 0) return null;
      const [changes, ofNewRooms] = await Promise.all([
        hasChanged ? store.changes(userId, { from, to }) : [],
        newlyJoined.size > 0 ? store.ofRooms(userId, [...newlyJoined]) : [],
      ]);
      const others = changes.filter((row) => row.roomId === null || !newlyJoined.has(row.roomId));
      return contribution([...others, ...ofNewRooms], joined);
    },
  };
}

function contribution(rows: readonly AccountDataRow[], joined: SyncRequest['joined']): SyncContribution | null {
  const accountData: JsonObject[] = [];
  const rooms = new Map<RoomId, RoomContribution & { readonly accountData: JsonObject[] }>();
  for (const { roomId, type, content } of rows) {
    const event = { type, content: content ?? {} };
    if (roomId === null) {
      accountData.push(event);
    } else if (joined.has(roomId)) {
      const room = rooms.get(roomId) ?? { accountData: [] };
      rooms.set(roomId, room);
      room.accountData.push(event);
    }
  }
  return accountData.length === 0 && rooms.size === 0 ? null : { accountData, rooms };
}
