import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { LimitedConcurrency } from '../../accounts/limited-concurrency.ts';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { MediaStoreSlot } from '../../plugin-api/slots.ts';
import { PICTURE_BYTES_MAX, THUMBNAILS_RUNNING_MAX, THUMBNAILS_WAITING_MAX } from './limits.ts';
import { contentKey, notFound } from './media.ts';
import { renderThumbnail } from './render-thumbnail.ts';
import type { MediaRows, StoredContent, ThumbnailBox, ThumbnailRow } from './store.ts';
import { thumbnailBox } from './thumbnail-box.ts';

export interface Thumbnail {
  readonly contentType: string;
  readonly bytes: number;
  /** Of the object that is served. */
  readonly key: string;
}

/** Thumbnails of contents: made once for each size of a fixed list, kept in the media store. */
export class Thumbnails {
  readonly #rows: MediaRows;
  readonly #objects: () => MediaStoreSlot;
  readonly #pixelsMax: number;
  readonly #turns = new LimitedConcurrency({ runningMax: THUMBNAILS_RUNNING_MAX, waitingMax: THUMBNAILS_WAITING_MAX });
  /** Under way, so that two who ask for the same wait for the same. */
  readonly #making = new Map<string, Promise<ThumbnailRow>>();

  constructor(deps: { rows: MediaRows; objects: () => MediaStoreSlot; pixelsMax: number }) {
    this.#rows = deps.rows;
    this.#objects = deps.objects;
    this.#pixelsMax = deps.pixelsMax;
  }

  /** @throws MatrixError `M_TOO_LARGE`, `M_UNKNOWN` (no picture), `M_LIMIT_EXCEEDED` */
  async get(content: StoredContent, asked: ThumbnailBox): Promise<Thumbnail> {
    const box = thumbnailBox(asked);
    const row = (await this.#rows.thumbnail(content.sha256, box)) ?? (await this.#made(content, box));
    return row.bytes === null
      ? { contentType: row.contentType, bytes: content.bytes, key: contentKey(content.sha256) }
      : { contentType: row.contentType, bytes: row.bytes, key: thumbnailKey(content.sha256, box) };
  }

  #made(content: StoredContent, box: ThumbnailBox): Promise<ThumbnailRow> {
    const key = thumbnailKey(content.sha256, box);
    let making = this.#making.get(key);
    if (making === undefined) {
      making = this.#turns.run(() => this.#make(content, box, key)).finally(() => this.#making.delete(key));
      this.#making.set(key, making);
    }
    return making;
  }

  async #make({ sha256, bytes }: StoredContent, box: ThumbnailBox, key: string): Promise<ThumbnailRow> {
    if (bytes > PICTURE_BYTES_MAX) throw tooLarge();
    const objects = this.#objects();
    const source = await objects.get(contentKey(sha256));
    if (source === null) throw notFound();
    const thumbnail = await renderThumbnail(await buffer(source.stream), box, { pixelsMax: this.#pixelsMax });
    if (thumbnail.kind === 'too_large') throw tooLarge();
    if (thumbnail.kind === 'no_picture') throw new MatrixError('M_UNKNOWN', 'The file is no picture that a thumbnail can be made of');
    const { contentType } = thumbnail;
    const data = thumbnail.kind === 'rendered' ? thumbnail.data : null;
    if (data !== null) await objects.put(key, Readable.from([data]), { bytes: data.length });
    const row = { contentType, bytes: data?.length ?? null };
    await this.#rows.insertThumbnail(sha256, box, row);
    return row;
  }
}

function thumbnailKey(sha256: string, { width, height, method, animated }: ThumbnailBox): string {
  return `thumbnail/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}-${width}x${height}-${method}${animated ? '-animated' : ''}`;
}

function tooLarge(): MatrixError {
  return new MatrixError('M_TOO_LARGE', 'The picture is too large for a thumbnail');
}
