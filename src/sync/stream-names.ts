/** Streams of the log whose entries never bring a timeline event, a change of state or a change of membership. */
export const SIDE_STREAMS: ReadonlySet<string> = new Set([
  'receipt',
  'typing',
  'presence',
  'account_data',
  'to_device',
  'device_list',
  'one_time_key',
  'profile',
]);

/** Streams that come in bursts and can wait a moment: they wake a parked sync only after `COALESCE_MS`. */
export const PATIENT_STREAMS: ReadonlySet<string> = new Set(['receipt', 'typing', 'presence']);

/** Name of the sync stream that may set `toDeviceTo`. */
export const TO_DEVICE_STREAM = 'to_device';
