import { describe, expect, it } from 'vitest';
import { REDACT_V1, REDACT_V6, REDACT_V8, REDACT_V9, REDACT_V11 } from '../../src/core/room-versions/redaction-rules.ts';
import type { RoomVersion, RoomVersionId } from '../../src/core/room-versions/room-version.ts';
import { DEFAULT_ROOM_VERSION, ROOM_VERSIONS, roomVersion } from '../../src/core/room-versions/room-versions.ts';
import { ALL_VERSIONS } from '../support/auth-room.ts';

/** Each field, and the versions from which it takes a value (https://spec.matrix.org/v1.19/rooms/). */
const CHANGES: { [Field in Exclude<keyof RoomVersion, 'id'>]: Partial<Record<RoomVersionId, RoomVersion[Field]>> } = {
  eventIds: { 1: 'field', 3: 'base64', 4: 'base64url' },
  references: { 1: 'pairs', 3: 'ids' },
  eventIdServerSigns: { 1: true, 3: false },
  roomIds: { 1: 'domain', 12: 'createHash' },
  strictCanonicalJson: { 1: false, 6: true },
  enforceKeyValidity: { 1: false, 5: true },
  redaction: { 1: REDACT_V1, 6: REDACT_V6, 8: REDACT_V8, 9: REDACT_V9, 11: REDACT_V11 },
  redactsIn: { 1: 'event', 11: 'content' },
  redactionAuthorised: { 1: 'byRule', 3: 'whenApplied' },
  stateResolution: { 1: 'v1', 2: 'v2', 12: 'v2.1' },
  creator: { 1: 'content', 11: 'sender' },
  creatorsHaveInfinitePower: { 1: false, 12: true },
  createInAuthEvents: { 1: true, 12: false },
  aliasesRule: { 1: true, 6: false },
  knocking: { 1: false, 7: true },
  restrictedJoins: { 1: false, 8: true },
  knockRestricted: { 1: false, 10: true },
  powerLevelValues: { 1: 'lenient', 6: 'integersAndStrings', 10: 'integers' },
  notificationsGuarded: { 1: false, 6: true },
};

describe('room versions', () => {
  it.each(Object.entries(CHANGES))('%s changes in the versions that the specification says', (field, changes) => {
    let expected: unknown;
    for (const id of ALL_VERSIONS) {
      const change = (changes as Record<string, unknown>)[id];
      if (change !== undefined) expected = change;
      expect(ROOM_VERSIONS[id][field as keyof RoomVersion]).toBe(expected);
    }
  });

  it('are 1 to 12', () => {
    expect(ALL_VERSIONS.map(Number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    for (const id of ALL_VERSIONS) {
      expect(ROOM_VERSIONS[id].id).toBe(id);
      expect(roomVersion(id)).toBe(ROOM_VERSIONS[id]);
      expect(Object.keys(ROOM_VERSIONS[id]).sort()).toEqual(['id', ...Object.keys(CHANGES)].sort());
    }
  });

  it.each(['0', '13', '', '1.0', 'constructor', '__proto__', 1, null, undefined])('do not include %j', (id) => {
    expect(roomVersion(id)).toBeNull();
  });

  it('recommend 12', () => {
    expect(DEFAULT_ROOM_VERSION).toBe('12');
  });
});
