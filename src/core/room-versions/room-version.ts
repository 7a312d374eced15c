import type { RedactionRules } from './redaction-rules.ts';

/** Identifier of a published room version. */
export type RoomVersionId = '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '10' | '11' | '12';

/** What a room version decides. Code asks these fields and never compares version ids, which have no order. */
export interface RoomVersion {
  readonly id: RoomVersionId;

  /** Where an event id comes from: a field of the event (1, 2), or its reference hash in base64 (3) or URL-safe base64 (4). */
  readonly eventIds: 'field' | 'base64' | 'base64url';
  /** `prev_events` and `auth_events` are pairs of id and hash (1, 2) or plain ids (3). */
  readonly references: 'pairs' | 'ids';
  /** The server in an event's `event_id` must have signed it (1, 2; not since 3, which has no such field). */
  readonly eventIdServerSigns: boolean;
  /** The room id is a domain-scoped string in every event (1), or the create event's hash, absent from that event itself (12). */
  readonly roomIds: 'domain' | 'createHash';
  /** Events must be canonical JSON: integers only, within ±(2^53−1), `depth` too (6). */
  readonly strictCanonicalJson: boolean;
  /** A signature counts only if its key was valid at `origin_server_ts` (5). */
  readonly enforceKeyValidity: boolean;

  /** What redaction keeps (changed in 6, 8, 9, 11). */
  readonly redaction: RedactionRules;
  /** Where `m.room.redaction` names its target: beside `content` (1) or in it (11). */
  readonly redactsIn: 'event' | 'content';
  /** Who may redact is an authorisation rule (1, 2), or decided when the redaction is applied (3). */
  readonly redactionAuthorised: 'byRule' | 'whenApplied';

  /** State resolution algorithm: the first one (1), the second (2), its revision with the conflicted state subgraph (12). */
  readonly stateResolution: 'v1' | 'v2' | 'v2.1';

  /** Who made the room: `content.creator` of the create event, which is then required (1), or its sender (11). */
  readonly creator: 'content' | 'sender';
  /** The sender of the create event and its `additional_creators` stand above all power levels (12). */
  readonly creatorsHaveInfinitePower: boolean;
  /** `m.room.create` is among an event's `auth_events` (1), or implied by the room id (12). */
  readonly createInAuthEvents: boolean;
  /** `m.room.aliases` has a rule of its own: a server sets its own (1; an ordinary event since 6). */
  readonly aliasesRule: boolean;
  /** Membership and join rule `knock` (7). */
  readonly knocking: boolean;
  /** Join rule `restricted` and `join_authorised_via_users_server` (8). */
  readonly restrictedJoins: boolean;
  /** Join rule `knock_restricted` (10). */
  readonly knockRestricted: boolean;
  /** How power levels may be written: integers, strings and floats (1), integers and strings (6), integers (10). */
  readonly powerLevelValues: 'lenient' | 'integersAndStrings' | 'integers';
  /** Changes to `notifications` in power levels need the power they set (6). */
  readonly notificationsGuarded: boolean;
}
