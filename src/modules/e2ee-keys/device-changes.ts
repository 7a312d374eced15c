import type { UserId } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json-value.ts';
import type { CommitRecord, Database, LogEntry, Write } from '../../plugin-api/commit.ts';
import { write } from '../../plugin-api/commit.ts';
import type { RoomsPort } from '../../plugin-api/ports.ts';
import { RECENT_CHANGES_MAX } from './limits.ts';
import { deviceChangeWriter, readChanges } from './store.ts';

export interface DeviceListChange {
  readonly userId: UserId;
  /** The only user who can see the difference; absent: everybody who shares a room. */
  readonly viewer?: UserId;
}

/**
 * A record that says whose keys changed: to the users themselves, to the rooms they are in, and in its data
 * `{ changes: [{ user_id, viewer? }], … }` to consumers of the log.
 */
export async function deviceListRecord(
  rooms: RoomsPort,
  options: { changes: readonly DeviceListChange[]; writes: readonly Write[]; data?: JsonObject },
): Promise<CommitRecord> {
  const { changes } = options;
  const visible = changes.filter((change) => change.viewer === undefined);
  const joined = await Promise.all(
    visible.map(async ({ userId }) => [...(await rooms.roomsOf(userId)).values()].filter((room) => room.membership === 'join')),
  );
  return {
    stream: 'device_list',
    durability: 'durable',
    writes: [...options.writes, ...changes.map(({ userId, viewer }) => write(deviceChangeWriter, { userId, viewer: viewer ?? '' }))],
    rooms: [...new Set(joined.flat().map((room) => room.roomId))],
    users: [...new Set(changes.map((change) => change.viewer ?? change.userId))],
    data: {
      ...options.data,
      changes: changes.map(({ userId, viewer }) => ({ user_id: userId, ...(viewer === undefined ? {} : { viewer }) })),
    },
  };
}

/** Who changed when: the newest part in memory, in position order, the rest in the database. */
export class DeviceChanges {
  readonly #db: Database;
  #recent: { pos: number; userId: UserId; viewer: UserId | undefined }[] = [];
  /** Every change after this position is in memory. */
  #completeAfter = Number.POSITIVE_INFINITY;

  constructor(db: Database) {
    this.#db = db;
  }

  /** From now on every entry of the log passes `onEntries`. */
  start(position: number): void {
    this.#completeAfter = position;
  }

  onEntries(entries: readonly LogEntry[]): void {
    for (const { stream, pos, data } of entries) {
      if (stream !== 'device_list' || !isJsonObject(data) || !Array.isArray(data['changes'])) continue;
      for (const change of data['changes']) {
        if (!isJsonObject(change)) continue;
        this.#recent.push({ pos, userId: change['user_id'] as UserId, viewer: change['viewer'] as UserId | undefined });
      }
    }
    if (this.#recent.length <= RECENT_CHANGES_MAX) return;
    const dropped = this.#recent.length - RECENT_CHANGES_MAX / 2;
    this.#completeAfter = this.#recent[dropped - 1]?.pos ?? this.#completeAfter;
    this.#recent = this.#recent.slice(dropped);
  }

  /** Users whose keys changed in (from, to] as far as `viewer` can see the difference; whether they share a room is not looked at. */
  async between(range: { from: number; to: number; viewer: UserId }): Promise<ReadonlySet<UserId>> {
    if (range.from < this.#completeAfter) return new Set(await readChanges(this.#db, range));
    const users = new Set<UserId>();
    for (let i = this.#recent.length - 1; i >= 0; i--) {
      const change = this.#recent[i];
      if (change === undefined || change.pos <= range.from) break;
      if (change.pos <= range.to && (change.viewer === undefined || change.viewer === range.viewer)) users.add(change.userId);
    }
    return users;
  }
}
