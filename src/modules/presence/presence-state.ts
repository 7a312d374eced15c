import type { JsonObject } from '../../core/json/json-value.ts';

/** Without a sync for this long a user is offline, ms. Longer than one long poll. */
const OFFLINE_AFTER_MS = 75_000;
/** Without activity for this long an online user is idle, ms. https://spec.matrix.org/v1.19/client-server-api/#idle-timeout */
const IDLE_AFTER_MS = 300_000;
/** Activity within this time counts as being active now, ms. */
const ACTIVE_WITHIN_MS = 60_000;
/** Other servers' news is trusted for this long, ms. */
const REMOTE_FORGOTTEN_AFTER_MS = 1_800_000;

/** https://github.com/matrix-org/matrix-spec-proposals/pull/3026 */
const BUSY = 'org.matrix.msc3026.busy';
export type PresenceName = 'online' | 'unavailable' | 'offline' | typeof BUSY;

export function parsePresence(raw: unknown): PresenceName | null {
  if (raw === 'busy') return BUSY;
  return raw === 'online' || raw === 'unavailable' || raw === 'offline' || raw === BUSY ? raw : null;
}

/** What is known about one user; times in ms since 1970. */
export interface PresenceState {
  /** What the user's clients, or their server, asked for. */
  readonly wanted: PresenceName;
  readonly statusMsg: string | undefined;
  readonly lastActive: number;
  /** Last sign of a connection. */
  readonly lastSeen: number;
  readonly isLocal: boolean;
}

/** What others are shown; a change of it is news. */
export interface ShownPresence {
  readonly presence: PresenceName;
  readonly statusMsg: string | undefined;
  readonly currentlyActive: boolean;
}

export function shownPresence(state: PresenceState, now: number): ShownPresence {
  const presence = presenceAt(state, now);
  return { presence, statusMsg: state.statusMsg, currentlyActive: presence === 'online' && now - state.lastActive < ACTIVE_WITHIN_MS };
}

export function sameShown(a: ShownPresence, b: ShownPresence): boolean {
  return a.presence === b.presence && a.statusMsg === b.statusMsg && a.currentlyActive === b.currentlyActive;
}

/** https://spec.matrix.org/v1.19/client-server-api/#mpresence */
export function presenceContent(state: PresenceState, now: number): JsonObject {
  const { presence, statusMsg, currentlyActive } = shownPresence(state, now);
  return {
    presence,
    ...(state.lastActive > 0 ? { last_active_ago: Math.max(0, now - state.lastActive) } : {}),
    ...(presence === 'online' ? { currently_active: currentlyActive } : {}),
    ...(statusMsg === undefined ? {} : { status_msg: statusMsg }),
  };
}

function presenceAt({ wanted, lastActive, lastSeen, isLocal }: PresenceState, now: number): PresenceName {
  if (now - lastSeen >= (isLocal ? OFFLINE_AFTER_MS : REMOTE_FORGOTTEN_AFTER_MS)) return 'offline';
  return isLocal && wanted === 'online' && now - lastActive >= IDLE_AFTER_MS ? 'unavailable' : wanted;
}
