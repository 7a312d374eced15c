import { LRUCache } from 'lru-cache';
import type { RoomId, UserId } from '../../core/ids/brands.ts';
import type { UserRoom } from '../../plugin-api/ports.ts';
import type { RoomSql } from '../../storage/rooms/room-reader-sql.ts';
import type { EventLive } from '../events/event-live.ts';

/** Users whose room lists are kept in memory. */
const USERS_MAX = 20_000;

/** The rooms of each user, read once and kept current by commits. Callers get a map that does not change under them. */
export class UserRooms {
  readonly #sql: RoomSql;
  readonly #lists = new LRUCache<UserId, ReadonlyMap<RoomId, UserRoom>>({ max: USERS_MAX });
  readonly #loading = new Map<UserId, Promise<ReadonlyMap<RoomId, UserRoom>>>();

  constructor(sql: RoomSql) {
    this.#sql = sql;
  }

  async of(userId: UserId): Promise<ReadonlyMap<RoomId, UserRoom>> {
    for (;;) {
      const known = this.#lists.get(userId);
      if (known !== undefined) return known;
      let loading = this.#loading.get(userId);
      if (loading === undefined) {
        loading = this.#load(userId);
        this.#loading.set(userId, loading);
      }
      const list = await loading;
      // A commit that overtook the reading has taken the promise away: read again.
      if (this.#loading.get(userId) === loading) {
        this.#loading.delete(userId);
        this.#lists.set(userId, list);
        return list;
      }
    }
  }

  apply(live: EventLive): void {
    for (const change of live.memberships) {
      this.#loading.delete(change.userId);
      const list = this.#lists.get(change.userId);
      if (list === undefined) continue;
      const next = new Map(list);
      const { roomId, nid } = live.room;
      if (change.membership === null) next.delete(roomId);
      else {
        const { membership, num, sender } = change;
        next.set(roomId, { roomId, nid, membership, num, pos: live.event.pos, forgotten: false, sender });
      }
      this.#lists.set(change.userId, next);
    }
  }

  forget(userId: UserId, roomId: RoomId): void {
    this.#loading.delete(userId);
    const list = this.#lists.get(userId);
    const room = list?.get(roomId);
    if (list === undefined || room === undefined) return;
    this.#lists.set(userId, new Map(list).set(roomId, { ...room, forgotten: true }));
  }

  async #load(userId: UserId): Promise<ReadonlyMap<RoomId, UserRoom>> {
    const rows = await this.#sql.roomsOfUser(userId);
    return new Map(
      rows.map((row) => {
        const { roomId, membership, num, pos, forgotten, sender } = row;
        return [roomId, { roomId, nid: row.roomNid, membership, num, pos, forgotten, sender }];
      }),
    );
  }
}
