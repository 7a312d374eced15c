import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Type } from 'typebox';
import { definePlugin, PLUGIN_API } from '../../plugin-api/plugin.ts';
import type { MediaStoreSlot } from '../../plugin-api/slots.ts';
import { AwaitedContents } from './awaited-contents.ts';
import { createMedia } from './endpoints/create-media.ts';
import { download, downloadAs, publicDownload, publicDownloadAs } from './endpoints/download.ts';
import { mediaConfig } from './endpoints/media-config.ts';
import { publicThumbnail, thumbnail } from './endpoints/thumbnail.ts';
import { uploadEndpoints } from './endpoints/upload.ts';
import { FolderMediaStore } from './folder-media-store.ts';
import { SWEEP_MS } from './limits.ts';
import { MediaRepository } from './media.ts';
import { MediaRows } from './store.ts';
import { Thumbnails } from './thumbnails.ts';

/** The `media` section of the configuration, with the folder resolved. */
const MediaConfig = Type.Object({
  store: Type.Union([Type.Literal('folder'), Type.Literal('s3')]),
  folder: Type.String(),
  max_upload_bytes: Type.Integer(),
  max_image_pixels: Type.Integer(),
  unauthenticated_downloads: Type.Boolean(),
});

/** Uploads, downloads, thumbnails. https://spec.matrix.org/v1.19/client-server-api/#content-repository */
export default definePlugin({
  name: 'media',
  api: PLUGIN_API,
  config: MediaConfig,
  setup(host) {
    const { clock, rng, log, config, server } = host;
    const partial = path.join(config.folder, 'partial');
    const rows = new MediaRows(host.db, server.serverName);
    const awaited = new AwaitedContents(clock);
    const objects = (): MediaStoreSlot => {
      const store = host.slot('mediaStore');
      if (store === null) throw new Error('no plug-in provides mediaStore');
      return store;
    };
    const media = new MediaRepository({
      rows,
      objects,
      awaited,
      partial,
      isPublic: config.unauthenticated_downloads,
      serverName: server.serverName,
      check: (name, input) => host.check(name, input),
      clock,
      rng,
    });
    const thumbnails = new Thumbnails({ rows, objects, pixelsMax: config.max_image_pixels });

    if (config.store === 'folder') {
      host.provide('mediaStore', new FolderMediaStore({ objects: path.join(config.folder, 'objects'), partial, rng }));
    }
    host.endpoints(
      [
        ...uploadEndpoints(config.max_upload_bytes),
        createMedia,
        mediaConfig,
        download,
        downloadAs,
        publicDownload,
        publicDownloadAs,
        thumbnail,
        publicThumbnail,
      ],
      { media, thumbnails, objects, uploadBytesMax: config.max_upload_bytes },
    );

    host.onStart(async () => {
      if (host.slot('mediaStore') === null) throw new Error(`media.store is ${config.store}, and no plug-in provides mediaStore`);
      // Uploads that a crash cut off.
      await rm(partial, { recursive: true, force: true });
    });

    let sweeping = Promise.resolve();
    const sweep = async (): Promise<void> => {
      try {
        await rows.deleteUnused(clock.now());
      } catch (error) {
        log.warn({ err: error }, 'names without content could not be swept; the next time will do it');
      }
    };
    let timer = clock.setTimeout(tick, SWEEP_MS);
    function tick(): void {
      sweeping = sweep();
      timer = clock.setTimeout(tick, SWEEP_MS);
    }
    host.onStop(async () => {
      timer.cancel();
      awaited.endAll();
      await sweeping;
    });
  },
});
