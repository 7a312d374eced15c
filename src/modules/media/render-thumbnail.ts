import type { Metadata, Sharp, SharpConstructor, SharpOptions } from 'sharp';
import { ANIMATION_PICTURES_MAX, THUMBNAIL_SECONDS_MAX } from './limits.ts';
import type { ThumbnailBox } from './store.ts';

/** Decoders that strangers' files may reach. SVG and documents, which can name other files, are not among them. */
const DECODERS = ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif', 'VipsForeignLoadHeif'];
/** By the decoder's name of the format. */
const CONTENT_TYPES: { readonly [format: string]: string } = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
};

export type RenderedThumbnail =
  | { readonly kind: 'rendered'; readonly contentType: string; readonly data: Buffer }
  /** The picture is no larger than the box: it is its own thumbnail. */
  | { readonly kind: 'original'; readonly contentType: string }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'no_picture' };

/** Makes a thumbnail. Never enlarges; animated only when the box says so. */
export async function renderThumbnail(picture: Buffer, box: ThumbnailBox, options: { pixelsMax: number }): Promise<RenderedThumbnail> {
  const sharp = await loadSharp();
  const still: SharpOptions = { limitInputPixels: options.pixelsMax, failOn: 'error', sequentialRead: true };
  const metadata = await attempt(() => sharp(picture, { ...still, limitInputPixels: false }).metadata());
  if (metadata === null) return { kind: 'no_picture' };
  const contentType = contentTypeOf(metadata);
  if (contentType === null) return { kind: 'no_picture' };
  const { width, height } = metadata.autoOrient;
  if (width * height > options.pixelsMax) return { kind: 'too_large' };
  const pages = metadata.pages ?? 1;
  const isAnimated = pages > 1;
  const animate = isAnimated && box.animated && pages <= ANIMATION_PICTURES_MAX && width * height * pages <= options.pixelsMax;
  const fits = box.width === 0 || (width <= box.width && height <= box.height);
  if (fits && isAnimated === animate) return { kind: 'original', contentType };

  const encoded = async (animated: boolean): Promise<RenderedThumbnail | null> => {
    const image = resized(sharp(picture, { ...still, animated }), box);
    const asWebp = animated || metadata.hasAlpha;
    const data = await attempt(() => (asWebp ? image.webp({ quality: 80 }) : image.jpeg({ quality: 80 })).toBuffer());
    return data === null ? null : { kind: 'rendered', contentType: asWebp ? 'image/webp' : 'image/jpeg', data };
  };
  return (await encoded(animate)) ?? { kind: 'no_picture' };
}

function resized(image: Sharp, box: ThumbnailBox): Sharp {
  const upright = image.autoOrient().timeout({ seconds: THUMBNAIL_SECONDS_MAX });
  if (box.width === 0) return upright;
  const { width, height } = box;
  return upright.resize({ width, height, fit: box.method === 'crop' ? 'cover' : 'inside', withoutEnlargement: true });
}

function contentTypeOf(metadata: Metadata): string | null {
  if (metadata.format === 'heif') return metadata.compression === 'av1' ? 'image/avif' : null;
  return CONTENT_TYPES[metadata.format] ?? null;
}

/** Null when the bytes are not a picture that can be decoded: whatever a stranger's file does to a decoder is an expected outcome. */
async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch {
    return null;
  }
}

let loading: Promise<SharpConstructor> | null = null;

/** Loaded with the first thumbnail: a native library that many servers never need. */
function loadSharp(): Promise<SharpConstructor> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: DECODERS });
    // Caches of decoded pictures would be of no use: every file is decoded once per size.
    sharp.cache(false);
    return sharp;
  });
  return loading;
}
