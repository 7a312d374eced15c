import { powerLevelValue } from '../../core/auth/power-level-value.ts';
import { parseUserId } from '../../core/ids/user-id.ts';
import type { UserId } from '../../core/ids/brands.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json-value.ts';
import type { RoomVersion } from '../../core/room-versions/room-version.ts';

const LEVELS = ['users_default', 'events_default', 'state_default', 'ban', 'kick', 'redact', 'invite'] as const;
const LEVEL_MAPS = ['users', 'events', 'notifications'] as const;
/** The level of whoever upgrades a room whose creators needed none, at least. */
const CREATOR_LEVEL = 100;

/**
 * The power levels of a room as its replacement of another version can have them: whole numbers only, users that are user ids, and
 * creators listed exactly where the version has them in the list.
 */
export function upgradedPowerLevels(
  content: JsonObject,
  options: { from: RoomVersion; to: RoomVersion; creator: UserId; additionalCreators: readonly string[] },
): JsonObject {
  const { from, to, creator, additionalCreators } = options;
  const levels: JsonObject = { ...content };
  for (const key of LEVELS) {
    const level = levelOf(content[key], from);
    if (level === null) delete levels[key];
    else levels[key] = level;
  }
  for (const key of LEVEL_MAPS) {
    if (content[key] === undefined) continue;
    const entries = isJsonObject(content[key]) ? Object.entries(content[key]) : [];
    levels[key] = Object.fromEntries(
      entries.flatMap(([name, value]) => {
        const level = levelOf(value, from);
        return level === null ? [] : [[name, level]];
      }),
    );
  }
  const users = new Map(Object.entries((levels['users'] ?? {}) as JsonObject).filter(([userId]) => parseUserId(userId) !== null));
  if (to.creatorsHaveInfinitePower) for (const userId of [creator, ...additionalCreators]) users.delete(userId);
  else if (from.creatorsHaveInfinitePower) users.set(creator, Math.max(CREATOR_LEVEL, ...allLevels(levels)));
  return { ...levels, users: Object.fromEntries(users) };
}

/**
 * The same power levels with nobody but moderators able to speak or invite; null when that is so already.
 * https://spec.matrix.org/v1.19/client-server-api/#server-behaviour-16 (step 6)
 */
export function retiredPowerLevels(content: JsonObject, version: RoomVersion): JsonObject | null {
  const floor = Math.max(50, (levelOf(content['users_default'], version) ?? 0) + 1);
  const raised: JsonObject = {};
  for (const key of ['events_default', 'invite'] as const) if ((levelOf(content[key], version) ?? 0) < floor) raised[key] = floor;
  return Object.keys(raised).length === 0 ? null : { ...content, ...raised };
}

function allLevels(levels: JsonObject): number[] {
  const maps = LEVEL_MAPS.flatMap((key) => Object.values((levels[key] ?? {}) as JsonObject));
  return [...LEVELS.map((key) => levels[key]), ...maps].filter((value) => typeof value === 'number');
}

function levelOf(value: JsonValue | undefined, version: RoomVersion): number | null {
  if (value === undefined) return null;
  const level = powerLevelValue(value, version);
  return level === null || !Number.isSafeInteger(level) ? null : level;
}
