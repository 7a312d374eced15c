import { isJsonObject, type JsonObject } from '../json/json-value.ts';

/** Level for a kind of notification that the power levels do not mention. */
export const NOTIFICATION_POWER_DEFAULT = 50;

/**
 * The level that a sender needs for a kind of notification (`room` for `@room`). Room versions before 10 may hold levels as text.
 * https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 */
export function notificationsPowerOf(powerLevels: JsonObject | undefined, key: string): number {
  const levels = powerLevels?.['notifications'];
  const level = isJsonObject(levels) && Object.hasOwn(levels, key) ? levels[key] : undefined;
  if (typeof level === 'number') return level;
  if (typeof level === 'string' && /^\s*[+-]?[0-9]{1,15}\s*$/.test(level)) return Number(level);
  return NOTIFICATION_POWER_DEFAULT;
}
