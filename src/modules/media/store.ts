import type { ServerName, UserId } from '../../core/ids/brands.ts';
import type { Database } from '../../plugin-api/commit.ts';

export interface StoredContent {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface MediaRow {
  readonly mediaId: string;
  readonly userId: UserId;
  readonly contentType: string;
  readonly fileName: string | null;
  /** Null while the content has not come. */
  readonly content: StoredContent | null;
  /** ms; null where the content came with the name. */
  readonly unusedExpiresTs: number | null;
  /** Served without an access token too. */
  readonly isPublic: boolean;
}

/** What an upload says about itself. */
export interface MediaDescription {
  readonly contentType: string;
  readonly fileName: string | null;
  readonly isPublic: boolean;
}

/** A size of thumbnails; 0 × 0 is the picture's own. */
export interface ThumbnailBox {
  readonly width: number;
  readonly height: number;
  readonly method: 'crop' | 'scale';
  readonly animated: boolean;
}

export interface ThumbnailRow {
  readonly contentType: string;
  /** Null when the content itself is the answer. */
  readonly bytes: number | null;
}

export class MediaRows {
  readonly #db: Database;
  readonly #origin: ServerName;

  constructor(db: Database, origin: ServerName) {
    this.#db = db;
    this.#origin = origin;
  }

  async find(mediaId: string): Promise<MediaRow | null> {
    const [row] = await this.#db<(Omit<MediaRow, 'content'> & { bytes: number | null; sha256: string | null })[]>`
      select media_id as "mediaId", user_id as "userId", content_type as "contentType", file_name as "fileName", bytes, sha256,
        unused_expires_ts as "unusedExpiresTs", is_public as "isPublic"
      from media where origin = ${this.#origin} and media_id = ${mediaId}`;
    if (row === undefined) return null;
    const { bytes, sha256, ...rest } = row;
    return { ...rest, content: bytes === null || sha256 === null ? null : { bytes, sha256 } };
  }

  async hasContent(sha256: string): Promise<boolean> {
    return (await this.#db`select 1 from media where sha256 = ${sha256} limit 1`).length > 0;
  }

  async insert(media: MediaDescription & { mediaId: string; userId: UserId; content: StoredContent; createdTs: number }): Promise<void> {
    const { mediaId, userId, contentType, fileName, content, createdTs, isPublic } = media;
    await this.#db`
      insert into media (origin, media_id, user_id, content_type, file_name, bytes, sha256, created_ts, is_public)
      values (${this.#origin}, ${mediaId}, ${userId}, ${contentType}, ${fileName}, ${content.bytes}, ${content.sha256}, ${createdTs},
        ${isPublic})`;
  }

  /** A name whose content comes later; false when the user has `awaitedMax` of them already. */
  async reserve(media: {
    mediaId: string;
    userId: UserId;
    createdTs: number;
    unusedExpiresTs: number;
    awaitedMax: number;
  }): Promise<boolean> {
    const { mediaId, userId, createdTs, unusedExpiresTs, awaitedMax } = media;
    const result = await this.#db`
      insert into media (origin, media_id, user_id, content_type, created_ts, unused_expires_ts, is_public)
      select ${this.#origin}, ${mediaId}, ${userId}, '', ${createdTs}, ${unusedExpiresTs}, false
      where (select count(*) from media where user_id = ${userId} and bytes is null and unused_expires_ts > ${createdTs}) < ${awaitedMax}`;
    return result.count > 0;
  }

  /** Gives a reserved name its content; false when it has one, or never will. */
  async complete(mediaId: string, media: MediaDescription & { content: StoredContent; now: number }): Promise<boolean> {
    const { contentType, fileName, content, isPublic, now } = media;
    const result = await this.#db`
      update media set content_type = ${contentType}, file_name = ${fileName}, bytes = ${content.bytes}, sha256 = ${content.sha256},
        is_public = ${isPublic}
      where origin = ${this.#origin} and media_id = ${mediaId} and bytes is null and unused_expires_ts > ${now}`;
    return result.count > 0;
  }

  async deleteUnused(now: number): Promise<void> {
    await this.#db`delete from media where bytes is null and unused_expires_ts <= ${now}`;
  }

  async thumbnail(sha256: string, box: ThumbnailBox): Promise<ThumbnailRow | null> {
    const [row] = await this.#db<ThumbnailRow[]>`
      select content_type as "contentType", bytes from media_thumbnail
      where sha256 = ${sha256} and width = ${box.width} and height = ${box.height} and method = ${box.method}
        and animated = ${box.animated}`;
    return row ?? null;
  }

  async insertThumbnail(sha256: string, box: ThumbnailBox, { contentType, bytes }: ThumbnailRow): Promise<void> {
    await this.#db`
      insert into media_thumbnail (sha256, width, height, method, animated, content_type, bytes)
      values (${sha256}, ${box.width}, ${box.height}, ${box.method}, ${box.animated}, ${contentType}, ${bytes})
      on conflict do nothing`;
  }
}
