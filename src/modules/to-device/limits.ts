/** Messages in one sync answer; the number that the specification recommends. */
export const MESSAGES_PER_SYNC_MAX = 100;
/** Bytes of one message as JSON, its type and sender included: what an event of a room may have. */
export const MESSAGE_BYTES_MAX = 65_536;
/** Devices that one request reaches, wildcards counted out. */
export const RECIPIENTS_MAX = 10_000;
/** Bytes of a request. */
export const BODY_BYTES_MAX = 16 * 1024 * 1024;
/** Messages that wait for one device; the oldest of a longer queue are dropped by the sweep. */
export const QUEUE_MESSAGES_MAX = 100_000;
/** How long a transaction id is known. Clients repeat a request within minutes. */
export const TXN_KEPT_MS = 7 * 24 * 3600 * 1000;
/** Between two sweeps of old transaction ids and overlong queues. */
export const SWEEP_MS = 3600 * 1000;
/** How long delivered messages may wait to be deleted, many devices' at a time. */
export const DELETION_DELAY_MS = 1000;
/** Users whose devices' queues are remembered in memory. */
export const KNOWN_USERS_MAX = 100_000;
/** Codepoints of an EDU's message id: the specification allows 32; longer ones that can be stored are taken. */
export const MESSAGE_ID_CHARS_MAX = 255;
