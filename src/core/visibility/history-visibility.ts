import type { JsonObject } from '../json/json-value.ts';

export type HistoryVisibility = 'world_readable' | 'shared' | 'invited' | 'joined';

/** Value of `content.membership` at some point of the room; `undefined` when the user had no member event. Unknown values grant nothing. */
export type Membership = string | undefined;

/**
 * The value of `m.room.history_visibility`. No event, or a value that is not understood, means `shared`.
 * https://spec.matrix.org/v1.19/client-server-api/#room-history-visibility
 */
export function historyVisibilityOf(content: JsonObject | undefined): HistoryVisibility {
  switch (content?.['history_visibility']) {
    case 'world_readable':
      return 'world_readable';
    case 'invited':
      return 'invited';
    case 'joined':
      return 'joined';
    default:
      return 'shared';
  }
}

/**
 * The rule itself, for one visibility and one membership at an event.
 * `joinedLater`: the user joined at any point after the event.
 */
export function isVisible(input: {
  readonly visibility: HistoryVisibility;
  readonly membership: Membership;
  readonly joinedLater: boolean;
}): boolean {
  if (input.visibility === 'world_readable') return true;
  if (input.membership === 'join') return true;
  if (input.visibility === 'shared') return input.joinedLater;
  return input.visibility === 'invited' && input.membership === 'invite';
}
