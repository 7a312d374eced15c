import type { Sql } from 'postgres';
import type { RoomAlias, RoomId, UserId } from '../../core/ids/brands.ts';
import type { BatchWriter } from '../../plugin-api/commit.ts';

export interface AliasRow {
  readonly alias: RoomAlias;
  readonly roomId: RoomId;
  readonly creator: UserId;
  readonly createdTs: number;
}

/** An alias that is taken fails the whole unit (unique violation). */
export const aliasWriter: BatchWriter<AliasRow> = {
  name: 'room_alias',
  write(tx, rows) {
    return tx`
      insert into room_alias (alias, room_id, creator, created_ts)
      select * from unnest(${rows.map(({ row }) => row.alias)}::text[], ${rows.map(({ row }) => row.roomId)}::text[],
        ${rows.map(({ row }) => row.creator)}::text[], ${rows.map(({ row }) => row.createdTs)}::bigint[])`;
  },
};

export interface PublishRow {
  readonly roomId: RoomId;
  readonly by: UserId;
  readonly ts: number;
}

export const publishWriter: BatchWriter<PublishRow> = {
  name: 'published_room',
  write(tx, rows) {
    return tx`
      insert into published_room (room_id, published_by, published_ts)
      select * from unnest(${rows.map(({ row }) => row.roomId)}::text[], ${rows.map(({ row }) => row.by)}::text[],
        ${rows.map(({ row }) => row.ts)}::bigint[])
      on conflict do nothing`;
  },
};

/** A room that takes the place of another. */
export interface SuccessionRow {
  readonly from: RoomId;
  readonly to: RoomId;
}

/** After a room upgrade, aliases of this server lead to the new room. */
export const aliasMoveWriter: BatchWriter<SuccessionRow> = {
  name: 'room_alias_move',
  phase: 1,
  write(tx, rows) {
    return tx`
      update room_alias a set room_id = w.new_id
      from unnest(${rows.map(({ row }) => row.from)}::text[], ${rows.map(({ row }) => row.to)}::text[]) as w(old_id, new_id)
      where a.room_id = w.old_id`;
  },
};

/** After a room upgrade, the directory lists the new room where it listed the old one. */
export const publishMoveWriter: BatchWriter<SuccessionRow> = {
  name: 'published_room_move',
  phase: 1,
  write(tx, rows) {
    return tx`
      update published_room p set room_id = w.new_id
      from unnest(${rows.map(({ row }) => row.from)}::text[], ${rows.map(({ row }) => row.to)}::text[]) as w(old_id, new_id)
      where p.room_id = w.old_id`;
  },
};

/** Reads of aliases and the published directory, and the deletions that need no log entry. */
export class DirectorySql {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async alias(alias: RoomAlias): Promise<AliasRow | null> {
    const [row] = await this.#sql<AliasRow[]>`
      select alias, room_id as "roomId", creator, created_ts as "createdTs" from room_alias where alias = ${alias}`;
    return row ?? null;
  }

  async aliasesOf(roomId: RoomId): Promise<RoomAlias[]> {
    const rows = await this.#sql<{ alias: RoomAlias }[]>`select alias from room_alias where room_id = ${roomId} order by alias`;
    return rows.map((row) => row.alias);
  }

  /** False when the alias is taken. */
  async addAlias(row: AliasRow): Promise<boolean> {
    const rows = await this.#sql`
      insert into room_alias (alias, room_id, creator, created_ts) values (${row.alias}, ${row.roomId}, ${row.creator}, ${row.createdTs})
      on conflict do nothing returning 1`;
    return rows.length > 0;
  }

  /** Whether a row was there. */
  async deleteAlias(alias: RoomAlias): Promise<boolean> {
    const rows = await this.#sql`delete from room_alias where alias = ${alias} returning 1`;
    return rows.length > 0;
  }

  async isPublished(roomId: RoomId): Promise<boolean> {
    const rows = await this.#sql`select 1 from published_room where room_id = ${roomId}`;
    return rows.length > 0;
  }

  /** Harmless when the room is listed already. */
  async publish(row: PublishRow): Promise<void> {
    await this.#sql`
      insert into published_room (room_id, published_by, published_ts) values (${row.roomId}, ${row.by}, ${row.ts}) on conflict do nothing`;
  }

  async unpublish(roomId: RoomId): Promise<void> {
    await this.#sql`delete from published_room where room_id = ${roomId}`;
  }

  async publishedRooms(): Promise<RoomId[]> {
    const rows = await this.#sql<{ roomId: RoomId }[]>`select room_id as "roomId" from published_room`;
    return rows.map((row) => row.roomId);
  }
}
