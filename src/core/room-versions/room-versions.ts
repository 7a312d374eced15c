import { REDACT_V1, REDACT_V6, REDACT_V8, REDACT_V9, REDACT_V11 } from './redaction-rules.ts';
import type { RoomVersion, RoomVersionId } from './room-version.ts';

/** https://spec.matrix.org/v1.19/rooms/v1 */
const V1: RoomVersion = {
  id: '1',
  eventIds: 'field',
  references: 'pairs',
  eventIdServerSigns: true,
  roomIds: 'domain',
  strictCanonicalJson: false,
  enforceKeyValidity: false,
  redaction: REDACT_V1,
  redactsIn: 'event',
  redactionAuthorised: 'byRule',
  stateResolution: 'v1',
  creator: 'content',
  creatorsHaveInfinitePower: false,
  createInAuthEvents: true,
  aliasesRule: true,
  knocking: false,
  restrictedJoins: false,
  knockRestricted: false,
  powerLevelValues: 'lenient',
  notificationsGuarded: false,
};

/** A state resolution that does not reset state. https://spec.matrix.org/v1.19/rooms/v2 */
const V2: RoomVersion = { ...V1, id: '2', stateResolution: 'v2' };

/** Event ids are hashes; redactions are decided when they are applied. https://spec.matrix.org/v1.19/rooms/v3 */
const V3: RoomVersion = {
  ...V2,
  id: '3',
  eventIds: 'base64',
  references: 'ids',
  eventIdServerSigns: false,
  redactionAuthorised: 'whenApplied',
};

/** Event ids that need no escaping in a path. https://spec.matrix.org/v1.19/rooms/v4 */
const V4: RoomVersion = { ...V3, id: '4', eventIds: 'base64url' };

/** Signing keys have to be valid at the time of the event. https://spec.matrix.org/v1.19/rooms/v5 */
const V5: RoomVersion = { ...V4, id: '5', enforceKeyValidity: true };

/** Strict JSON; aliases lose their rules; `notifications` is guarded. https://spec.matrix.org/v1.19/rooms/v6 */
const V6: RoomVersion = {
  ...V5,
  id: '6',
  strictCanonicalJson: true,
  redaction: REDACT_V6,
  aliasesRule: false,
  powerLevelValues: 'integersAndStrings',
  notificationsGuarded: true,
};

/** Knocking. https://spec.matrix.org/v1.19/rooms/v7 */
const V7: RoomVersion = { ...V6, id: '7', knocking: true };

/** Joining by being in another room. https://spec.matrix.org/v1.19/rooms/v8 */
const V8: RoomVersion = { ...V7, id: '8', redaction: REDACT_V8, restrictedJoins: true };

/** Redacted restricted joins stay valid. https://spec.matrix.org/v1.19/rooms/v9 */
const V9: RoomVersion = { ...V8, id: '9', redaction: REDACT_V9 };

/** Integer power levels; both ways in at once. https://spec.matrix.org/v1.19/rooms/v10 */
const V10: RoomVersion = { ...V9, id: '10', knockRestricted: true, powerLevelValues: 'integers' };

/** A tidier redaction; the creator is the sender. https://spec.matrix.org/v1.19/rooms/v11 */
const V11: RoomVersion = { ...V10, id: '11', redaction: REDACT_V11, redactsIn: 'content', creator: 'sender' };

/** Room ids are hashes; creators stand above power levels; state resolution 2.1. https://spec.matrix.org/v1.19/rooms/v12 */
const V12: RoomVersion = {
  ...V11,
  id: '12',
  roomIds: 'createHash',
  stateResolution: 'v2.1',
  creatorsHaveInfinitePower: true,
  createInAuthEvents: false,
};

export const ROOM_VERSIONS: Readonly<Record<RoomVersionId, RoomVersion>> = {
  '1': V1,
  '2': V2,
  '3': V3,
  '4': V4,
  '5': V5,
  '6': V6,
  '7': V7,
  '8': V8,
  '9': V9,
  '10': V10,
  '11': V11,
  '12': V12,
};

/** What the specification recommends for new rooms (https://spec.matrix.org/v1.19/rooms/#complete-list-of-room-versions). */
export const DEFAULT_ROOM_VERSION: RoomVersionId = '12';

/** The row of a version; null for one that this server does not know. */
export function roomVersion(id: unknown): RoomVersion | null {
  return isKnown(id) ? ROOM_VERSIONS[id] : null;
}

function isKnown(id: unknown): id is RoomVersionId {
  return typeof id === 'string' && Object.hasOwn(ROOM_VERSIONS, id);
}
