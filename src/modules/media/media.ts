import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { ServerName, UserId } from '../../core/ids/brands.ts';
import { formatMxc } from '../../core/ids/mxc-uri.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import type { PluginHost } from '../../plugin-api/plugin.ts';
import type { MediaStoreSlot } from '../../plugin-api/slots.ts';
import type { AwaitedContents } from './awaited-contents.ts';
import { AWAITED_PER_USER_MAX, MEDIA_ID_CHARS, UNUSED_LIFETIME_MS } from './limits.ts';
import { spool } from './spool.ts';
import type { MediaRow, MediaRows, StoredContent } from './store.ts';

export interface MediaDeps {
  readonly rows: MediaRows;
  readonly objects: () => MediaStoreSlot;
  readonly awaited: AwaitedContents;
  /** Folder for uploads that are under way. */
  readonly partial: string;
  /** Whether new files are served without a token. */
  readonly isPublic: boolean;
  readonly serverName: ServerName;
  readonly check: PluginHost['check'];
  readonly clock: Clock;
  readonly rng: Rng;
}

export interface Upload {
  readonly userId: UserId;
  readonly data: Readable;
  readonly contentType: string;
  readonly fileName: string | null;
}

/** A file whose content is there. */
export interface Media extends MediaRow {
  readonly content: StoredContent;
}

/** Files that users of this server uploaded. https://spec.matrix.org/v1.19/client-server-api/#content-repository */
export class MediaRepository {
  readonly #deps: MediaDeps;

  constructor(deps: MediaDeps) {
    this.#deps = deps;
  }

  /** Answers the `mxc://` URI. @throws MatrixError `M_TOO_LARGE`, or what a plug-in's check refused with */
  async upload(upload: Upload): Promise<string> {
    const { rows, clock, rng, isPublic } = this.#deps;
    const content = await this.#store(upload);
    const { userId, contentType, fileName } = upload;
    const mediaId = rng.token(MEDIA_ID_CHARS);
    await rows.insert({ mediaId, userId, contentType, fileName, content, isPublic, createdTs: clock.now() });
    return this.#uriOf(mediaId);
  }

  /** A name for content that comes later. @throws MatrixError `M_LIMIT_EXCEEDED` */
  async reserve(userId: UserId): Promise<{ uri: string; unusedExpiresTs: number }> {
    const { rows, clock, rng } = this.#deps;
    const mediaId = rng.token(MEDIA_ID_CHARS);
    const createdTs = clock.now();
    const unusedExpiresTs = createdTs + UNUSED_LIFETIME_MS;
    if (!(await rows.reserve({ mediaId, userId, createdTs, unusedExpiresTs, awaitedMax: AWAITED_PER_USER_MAX }))) {
      throw new MatrixError('M_LIMIT_EXCEEDED', `Upload the content of your ${AWAITED_PER_USER_MAX} unused names first`, {
        extra: { retry_after_ms: 60_000 },
      });
    }
    return { uri: this.#uriOf(mediaId), unusedExpiresTs };
  }

  /**
   * Content for a name from `reserve`.
   *
   * @throws MatrixError `M_NOT_FOUND`, `M_FORBIDDEN`, `M_CANNOT_OVERWRITE_MEDIA`, `M_TOO_LARGE`
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixmediav3uploadservernamemediaid
   */
  async complete(name: { serverName: ServerName; mediaId: string }, upload: Upload): Promise<void> {
    const { rows, clock, isPublic, awaited } = this.#deps;
    await this.#checkReserved(name, upload.userId);
    const content = await this.#store(upload);
    const { contentType, fileName } = upload;
    if (!(await rows.complete(name.mediaId, { contentType, fileName, content, isPublic, now: clock.now() }))) {
      await this.#checkReserved(name, upload.userId);
      throw unknownName();
    }
    awaited.came(name.mediaId);
  }

  /**
   * A file to serve. Waits for content that has not come, at most `waitMs`.
   *
   * @throws MatrixError `M_NOT_FOUND`, `M_NOT_YET_UPLOADED`
   */
  async find(name: { serverName: ServerName; mediaId: string }, options: { waitMs: number; signal: AbortSignal }): Promise<Media> {
    const { rows, awaited, serverName, clock } = this.#deps;
    // Files of other servers come over federation.
    if (name.serverName !== serverName) throw notFound();
    let media = await rows.find(name.mediaId);
    if (media !== null && media.content === null) {
      const came = awaited.wait(name.mediaId, options.waitMs, options.signal);
      // It may have come before the waiting began.
      media = await rows.find(name.mediaId);
      if (media !== null && media.content === null && (media.unusedExpiresTs ?? 0) > clock.now()) {
        await came;
        media = await rows.find(name.mediaId);
      } else {
        awaited.came(name.mediaId);
      }
    }
    if (media === null) throw notFound();
    const { content } = media;
    if (content !== null) return { ...media, content };
    if ((media.unusedExpiresTs ?? 0) <= clock.now()) throw notFound();
    throw new MatrixError('M_NOT_YET_UPLOADED', 'The content has not been uploaded yet');
  }

  /** The object is durable before anything names it, so no row ever points at a part of a file. */
  async #store(upload: Upload): Promise<StoredContent> {
    const { rows, partial, rng, check } = this.#deps;
    await using spooled = await spool(upload.data, { folder: partial, rng });
    const { bytes, sha256, file } = spooled;
    const { userId, contentType, fileName } = upload;
    const verdict = await check('checkMediaUpload', { userId, contentType, bytes, fileName, sha256 });
    if (!verdict.allow) throw new MatrixError(verdict.errcode, verdict.reason);
    if (!(await rows.hasContent(sha256))) {
      const objects = this.#deps.objects();
      const key = contentKey(sha256);
      if (objects.putFile === undefined) await objects.put(key, createReadStream(file), { bytes });
      else await objects.putFile(key, file);
    }
    return { bytes, sha256 };
  }

  async #checkReserved({ serverName, mediaId }: { serverName: ServerName; mediaId: string }, userId: UserId): Promise<void> {
    const media = serverName === this.#deps.serverName ? await this.#deps.rows.find(mediaId) : null;
    if (media === null) throw unknownName();
    if (media.userId !== userId) throw new MatrixError('M_FORBIDDEN', 'Somebody else made this media id');
    if (media.content !== null) throw new MatrixError('M_CANNOT_OVERWRITE_MEDIA', 'The media id has content already');
    if ((media.unusedExpiresTs ?? 0) <= this.#deps.clock.now()) throw unknownName();
  }

  #uriOf(mediaId: string): string {
    return formatMxc({ serverName: this.#deps.serverName, mediaId });
  }
}

export function contentKey(sha256: string): string {
  return `content/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`;
}

export function notFound(): MatrixError {
  return new MatrixError('M_NOT_FOUND', 'There is no such file');
}

function unknownName(): MatrixError {
  return new MatrixError('M_NOT_FOUND', 'The media id was not made here, or its time is over');
}
