import type { ThumbnailBox } from './store.ts';

/** Sides of cropped thumbnails. A fixed list bounds how many thumbnails a picture can have. */
const CROP_SIDES = [32, 64, 96, 128, 192, 256, 320, 480, 640, 800];
/** Boxes of scaled thumbnails; the last two are for screens with small pixels. */
const SCALE_BOXES: readonly (readonly [width: number, height: number])[] = [
  [32, 32],
  [96, 96],
  [320, 240],
  [640, 480],
  [800, 600],
  [1280, 960],
  [1600, 1200],
];

/**
 * The size that is made for a request: the smallest of the list that is not smaller than what was asked for. Beyond the list it is 0 × 0,
 * the picture's own size.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#thumbnails
 */
export function thumbnailBox(asked: ThumbnailBox): ThumbnailBox {
  const [width, height] = asked.method === 'crop' ? [cropSide(asked.width), cropSide(asked.height)] : scaleBox(asked);
  return width === undefined || height === undefined
    ? { width: 0, height: 0, method: 'scale', animated: asked.animated }
    : { ...asked, width, height };
}

function cropSide(wanted: number): number | undefined {
  return CROP_SIDES.find((side) => side >= wanted);
}

function scaleBox(asked: ThumbnailBox): readonly [number?, number?] {
  return SCALE_BOXES.find(([width, height]) => width >= asked.width && height >= asked.height) ?? [];
}
