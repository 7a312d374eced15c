/** What a sync token says: how much of the log the client has. */
export interface SyncPosition {
  /** Everything up to here has been answered. */
  readonly pos: number;
  /** To-device messages have been answered up to here: behind `pos` when there were too many for one answer. */
  readonly toDevice: number;
}

/** First number of a token. A token of another layout is refused, so that a later layout is never misread. */
const LAYOUT = 1;

/** `s1_<pos>`, or `s1_<pos>_<to-device pos>` while to-device messages lag behind. Opaque to clients. */
export function formatSyncToken(position: SyncPosition | number): string {
  if (typeof position === 'number') return `s${LAYOUT}_${position}`;
  const { pos, toDevice } = position;
  return toDevice === pos ? `s${LAYOUT}_${pos}` : `s${LAYOUT}_${pos}_${toDevice}`;
}

/** Null for anything that this server cannot have given out in this layout. */
export function parseSyncToken(raw: string): SyncPosition | null {
  const match = /^s1_(\d{1,16})(?:_(\d{1,16}))?$/.exec(raw);
  if (match === null) return null;
  const pos = Number(match[1]);
  const toDevice = match[2] === undefined ? pos : Number(match[2]);
  if (!Number.isSafeInteger(pos) || toDevice > pos) return null;
  return { pos, toDevice };
}
