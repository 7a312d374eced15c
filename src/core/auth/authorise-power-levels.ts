import type { RoomEvent } from '../events/room-event.ts';
import { parseUserId } from '../ids/user-id.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import type { AuthState } from './auth-state.ts';
import { powerLevelValue } from './power-level-value.ts';
import { powerLevelOf } from './power-levels.ts';
import { isPrivilegedCreator } from './room-creators.ts';
import { ALLOWED, type Denied, deny, type Verdict } from './verdict.ts';

const LEVELS = ['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite'] as const;

/**
 * Rule 9 (10 in versions 1 to 5 and in 12): nobody grants, takes or changes power beyond their own.
 *
 * @see https://spec.matrix.org/v1.19/rooms/v12#authorisation-rules rule 10, and https://spec.matrix.org/v1.19/rooms/v1#authorisation-rules rule 10
 */
export function authorisePowerLevels(event: RoomEvent, state: AuthState, create: RoomEvent, version: RoomVersion): Verdict {
  const next = event.content;
  const malformed = checkShape(next, version) ?? checkUsers(next, create, version);
  if (malformed !== null) return malformed;

  const current = state('m.room.power_levels', '')?.content;
  if (current === undefined) return ALLOWED;

  const power = powerLevelOf(event.sender, state, version);
  return (
    checkLevels(current, next, power, version) ??
    checkTable('events', current, next, power, version) ??
    (version.notificationsGuarded ? checkTable('notifications', current, next, power, version) : null) ??
    checkUserChanges(event.sender, current, next, power, version) ??
    ALLOWED
  );
}

/** Since version 10 every level has to be an integer. Before, junk is caught where it would change something. */
function checkShape(next: JsonObject, version: RoomVersion): Denied | null {
  if (version.powerLevelValues !== 'integers') return null;
  for (const name of LEVELS) {
    if (next[name] !== undefined && powerLevelValue(next[name], version) === null)
      return deny('powerLevels.integer', `${name} is not an integer`);
  }
  for (const name of ['events', 'notifications']) {
    const table = next[name];
    if (table !== undefined && !isTableOfLevels(table, version)) return deny('powerLevels.table', `${name} is not an object of integers`);
  }
  return null;
}

function checkUsers(next: JsonObject, create: RoomEvent, version: RoomVersion): Denied | null {
  const users = next['users'];
  if (users === undefined) return null;
  if (!isTableOfLevels(users, version)) return deny('powerLevels.users', 'users is not an object of integers');
  for (const userId of Object.keys(users as JsonObject)) {
    if (parseUserId(userId) === null) return deny('powerLevels.users', 'users has a key that is not a user id');
    if (isPrivilegedCreator(userId, create, version)) return deny('powerLevels.creator', 'users names a creator, whose power is not given');
  }
  return null;
}

function isTableOfLevels(table: JsonValue, version: RoomVersion): boolean {
  return isJsonObject(table) && Object.values(table).every((value) => powerLevelValue(value, version) !== null);
}

function checkLevels(current: JsonObject, next: JsonObject, power: number, version: RoomVersion): Denied | null {
  for (const name of LEVELS) {
    const change = changeOf(current, next, name, version);
    if (change !== null && (isBeyond(change.before, power) || isBeyond(change.after, power))) {
      return deny('powerLevels.level', `The sender has too little power to change ${name}`);
    }
  }
  return null;
}

function checkTable(
  name: 'events' | 'notifications',
  current: JsonObject,
  next: JsonObject,
  power: number,
  version: RoomVersion,
): Denied | null {
  const before = tableOf(current[name]);
  const after = tableOf(next[name]);
  if (after === null) return deny('powerLevels.table', `${name} is not an object`);
  for (const key of keysOf(before, after)) {
    const change = changeOf(before ?? {}, after, key, version);
    if (change !== null && (isBeyond(change.before, power) || isBeyond(change.after, power))) {
      return deny(`powerLevels.${name}`, `The sender has too little power to change an entry of ${name}`);
    }
  }
  return null;
}

function checkUserChanges(sender: string, current: JsonObject, next: JsonObject, power: number, version: RoomVersion): Denied | null {
  const before = tableOf(current['users']);
  const after = tableOf(next['users']) ?? {};
  for (const userId of keysOf(before, after)) {
    const change = changeOf(before ?? {}, after, userId, version);
    if (change === null) continue;
    // Equals cannot be demoted, but anybody may give up power of their own.
    if (userId !== sender && change.before !== undefined && change.before >= power) {
      return deny('powerLevels.user.current', "The sender has too little power to change that user's");
    }
    if (isBeyond(change.after, power)) return deny('powerLevels.user.new', 'The sender cannot grant more power than they have');
  }
  return null;
}

interface Change {
  /** Undefined when the entry is added; `Infinity` for junk, which nobody may touch. */
  readonly before: number | undefined;
  /** Undefined when the entry is removed; `Infinity` for junk, which nobody may set. */
  readonly after: number | undefined;
}

/** Null when both sides mean the same: `"50"` and `50` do. */
function changeOf(current: JsonObject, next: JsonObject, key: string, version: RoomVersion): Change | null {
  const before = levelAt(current, key, version);
  const after = levelAt(next, key, version);
  return before === after ? null : { before, after };
}

function levelAt(levels: JsonObject, key: string, version: RoomVersion): number | undefined {
  const value = Object.hasOwn(levels, key) ? levels[key] : undefined;
  return value === undefined ? undefined : (powerLevelValue(value, version) ?? Infinity);
}

function isBeyond(level: number | undefined, power: number): boolean {
  return level !== undefined && level > power;
}

/** An absent table is an empty one; null for what is no table. */
function tableOf(value: JsonValue | undefined): JsonObject | null {
  if (value === undefined) return {};
  return isJsonObject(value) ? value : null;
}

function keysOf(before: JsonObject | null, after: JsonObject): Set<string> {
  return new Set([...Object.keys(before ?? {}), ...Object.keys(after)]);
}
