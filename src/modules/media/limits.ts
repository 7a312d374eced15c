/** Bytes of a file name as a client gives it. */
export const FILE_NAME_BYTES_MAX = 1_024;
/** Characters of a content type. */
export const CONTENT_TYPE_CHARS_MAX = 255;
/** Characters of a media id; 24 random ones cannot be guessed. */
export const MEDIA_ID_CHARS = 24;
/** How long the content of a name that was made in advance may take. */
export const UNUSED_LIFETIME_MS = 24 * 3600 * 1000;
/** Names of one user whose content has not come. */
export const AWAITED_PER_USER_MAX = 10;
/** Between two sweeps of names whose content never came. */
export const SWEEP_MS = 3600 * 1000;
/** How long a download waits for content that has not come, when the client does not say. */
export const WAIT_MS_DEFAULT = 20_000;
export const WAIT_MS_MAX = 60_000;
/** Downloads that wait for content at once. */
export const WAITERS_MAX = 1_000;
/** How long clients and proxies of one user keep a file, in seconds. It never changes. */
export const CACHE_SECONDS = 365 * 86_400;
/** Bytes of a picture that a thumbnail is made of: it is read into memory. */
export const PICTURE_BYTES_MAX = 32 * 1024 * 1024;
/** Pictures of an animation that go into a thumbnail; longer ones get a still one. */
export const ANIMATION_PICTURES_MAX = 200;
/** Thumbnails that are made at once, and that wait for their turn. */
export const THUMBNAILS_RUNNING_MAX = 2;
export const THUMBNAILS_WAITING_MAX = 200;
/** Seconds that one thumbnail may take. */
export const THUMBNAIL_SECONDS_MAX = 20;
