import type { RoomVersion } from '../room-versions/room-version.ts';

/**
 * Reads one value of `m.room.power_levels`; null where the version does not take it as an integer.
 *
 * @see https://spec.matrix.org/v1.19/rooms/v1#mroompower_levels-events-accept-values-as-strings
 * @see https://spec.matrix.org/v1.19/rooms/v1#mroompower_levels-events-accept-values-as-floats
 * @see https://spec.matrix.org/v1.19/rooms/v10#values-in-mroompower_levels-events-must-be-integers
 */
export function powerLevelValue(value: unknown, version: RoomVersion): number | null {
  if (typeof value === 'number') return readNumber(value, version);
  if (typeof value === 'string' && version.powerLevelValues !== 'integers') return readString(value);
  return null;
}

function readNumber(value: number, version: RoomVersion): number | null {
  if (version.powerLevelValues !== 'lenient') return Number.isSafeInteger(value) ? value : null;
  // Floats are cut at the decimal point.
  return Number.isFinite(value) ? Math.trunc(value) : null;
}

/** A decimal integer with an optional sign, leading zeroes and surrounding white space. */
const INTEGER_TEXT = /^\s*[+-]?[0-9]+\s*$/;

function readString(text: string): number | null {
  if (!INTEGER_TEXT.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
