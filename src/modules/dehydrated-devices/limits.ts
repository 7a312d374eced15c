/** Bytes of `device_data` as JSON. */
export const DEVICE_DATA_BYTES_MAX = 256 * 1024;
/** Bytes of a request. */
export const BODY_BYTES_MAX = 4 * 1024 * 1024;
/** To-device messages in one answer. */
export const EVENTS_PER_ANSWER_MAX = 100;
