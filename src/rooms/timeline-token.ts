import type { TimelineToken } from './room-reader.ts';

/** `t<depth>_<num>`: right before the event with this number. Clients treat it as opaque. */
export function formatTimelineToken(token: TimelineToken): string {
  return `t${token.depth}_${token.num}`;
}

export function parseTimelineToken(raw: string): TimelineToken | null {
  const match = /^t(-?\d{1,16})_(-?\d{1,10})$/.exec(raw);
  if (match === null) return null;
  const depth = Number(match[1]);
  const num = Number(match[2]);
  return Number.isSafeInteger(depth) && Number.isSafeInteger(num) ? { depth, num } : null;
}
