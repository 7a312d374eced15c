import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authEventsFor } from '../../src/core/auth/auth-events-for.ts';
import type { AuthState } from '../../src/core/auth/auth-state.ts';
import { authorise } from '../../src/core/auth/authorise.ts';
import { mayApplyRedaction } from '../../src/core/auth/authorise-redaction.ts';
import { checkAuthEvents } from '../../src/core/auth/check-auth-events.ts';
import { actionPower, notificationPower, powerLevelOf, requiredPower } from '../../src/core/auth/power-levels.ts';
import { privilegedCreators } from '../../src/core/auth/room-creators.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/json-value.ts';
import { stateTuple } from '../../src/core/state-res/state-map.ts';
import { jsonValue } from '../support/arbitrary-json.ts';
import { ALICE, ALL_VERSIONS, AuthRoom, BOB, CAROL, CREATOR } from '../support/auth-room.ts';

const USERS = [CREATOR, ALICE, BOB, CAROL];
const user = fc.constantFrom(...USERS);
const level = fc.oneof(fc.integer({ min: -5, max: 105 }), fc.constantFrom<JsonValue>('50', ' 7 ', 50.5, 'x', null, {}, 2 ** 53));
const table = (key: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.dictionary(key, level, { maxKeys: 4 }) as fc.Arbitrary<JsonObject> },
    { weight: 1, arbitrary: jsonValue },
  );

/** Contents that are nearly right, so that the rules get far before they meet the junk. */
const content: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      membership: fc.oneof(fc.constantFrom<JsonValue>('join', 'invite', 'leave', 'ban', 'knock'), jsonValue),
      join_rule: fc.oneof(fc.constantFrom<JsonValue>('public', 'invite', 'knock', 'restricted', 'knock_restricted'), jsonValue),
      join_authorised_via_users_server: fc.oneof(user, jsonValue),
      third_party_invite: fc.oneof(
        fc.record({
          signed: fc.oneof(
            fc.record({ mxid: user, token: fc.constantFrom('', 'tok'), signatures: jsonValue, x: jsonValue }) as fc.Arbitrary<JsonObject>,
            jsonValue,
          ),
        }) as fc.Arbitrary<JsonObject>,
        jsonValue,
      ),
      public_key: jsonValue,
      public_keys: jsonValue,
      users: table(fc.oneof(user, fc.string())),
      events: table(fc.constantFrom('x', '__proto__', 'constructor', 'm.room.power_levels')),
      notifications: table(fc.constantFrom('room', 'x')),
      users_default: level,
      events_default: level,
      state_default: level,
      ban: level,
      kick: level,
      invite: level,
      redact: level,
      additional_creators: fc.oneof(fc.array(user), jsonValue),
      'm.federate': fc.oneof(fc.boolean(), jsonValue),
      creator: fc.oneof(user, jsonValue),
      room_version: jsonValue,
    },
    { requiredKeys: [] },
  )
  .map((value) => value as JsonObject);

const type = fc.constantFrom(
  'm.room.create',
  'm.room.member',
  'm.room.power_levels',
  'm.room.join_rules',
  'm.room.third_party_invite',
  'm.room.redaction',
  'm.room.aliases',
  'x',
  'constructor',
  '__proto__',
);
const stateKey = fc.oneof(fc.constant(undefined), fc.constantFrom('', 'tok', 'home', ...USERS), fc.string());
const piece = fc.tuple(type, fc.constantFrom('', 'tok', ...USERS), content, user);
const version = fc.constantFrom(...ALL_VERSIONS);

function roomOf(
  id: (typeof ALL_VERSIONS)[number],
  create: JsonObject,
  pieces: readonly [string, string, JsonObject, string][],
  members: readonly string[],
): AuthRoom {
  const room = new AuthRoom(id, create);
  members.forEach((membership, index) => room.member(USERS[index] as string, membership));
  for (const [t, key, c, sender] of pieces) if (t !== 'm.room.create') room.put(t, key, c, sender);
  return room;
}

const members = fc.array(fc.constantFrom('join', 'join', 'join', 'invite', 'leave', 'ban', 'knock'), { maxLength: 4 });
const room = fc.tuple(version, content, fc.array(piece, { maxLength: 6 }), members).map((parts) => roomOf(...parts));

describe('authorisation', () => {
  it('never throws on junk, and answers the same twice', () => {
    fc.assert(
      fc.property(room, type, stateKey, user, content, (r, eventType, key, sender, eventContent) => {
        const event = r.event({ type: eventType, stateKey: key, sender, content: eventContent });
        const verdict = authorise(event, r.state, r.version);
        expect(authorise(event, r.state, r.version)).toEqual(verdict);
        expect(verdict).toHaveProperty(verdict.allow ? 'allow' : 'reason');
      }),
      { numRuns: 2000 },
    );
  });

  it('looks only at state that the event would cite, the create event aside', () => {
    fc.assert(
      fc.property(room, type, stateKey, user, content, (r, eventType, key, sender, eventContent) => {
        const event = r.event({ type: eventType, stateKey: key, sender, content: eventContent });
        const citable = new Set<string>(authEventsFor(event, r.version));
        citable.add(stateTuple('m.room.create', ''));
        const beyond: string[] = [];
        const watched: AuthState = (t, k) => {
          const found = r.state(t, k);
          if (found !== undefined && !citable.has(stateTuple(t, k))) beyond.push(`${t} ${k}`);
          return found;
        };
        authorise(event, watched, r.version);
        expect(beyond).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('lets nobody but creators gain power by an allowed change of power levels', () => {
    fc.assert(
      fc.property(
        version,
        fc.dictionary(user, fc.integer({ min: 0, max: 100 })),
        fc.dictionary(user, fc.integer({ min: 0, max: 100 })),
        user,
        (id, before, after, sender) => {
          const r = new AuthRoom(id).member(sender, 'join').power({ users: before, events: { 'm.room.power_levels': 0 } });
          const power = powerLevelOf(sender, r.state, r.version);
          const content = { users: after, events: { 'm.room.power_levels': 0 } };
          const allowed = r.ask({ type: 'm.room.power_levels', stateKey: '', sender, content }) === 'allow';
          const beyond = USERS.filter((other) => {
            const now = after[other] ?? 0;
            const then = before[other] ?? 0;
            return now !== then && (now > power || (now < then && other !== sender && then >= power));
          });
          expect(allowed ? beyond : []).toEqual([]);
        },
      ),
    );
  });

  it('lets banned users do nothing', () => {
    fc.assert(
      fc.property(room, type, stateKey, content, (r, eventType, key, eventContent) => {
        // The first join of the creator, aliases of old versions and third-party invites do not ask for membership.
        if (eventType === 'm.room.create' || eventType === 'm.room.aliases' || eventContent['third_party_invite'] !== undefined) return;
        r.member(BOB, 'ban');
        expect(r.ask({ type: eventType, stateKey: key, sender: BOB, content: eventContent })).not.toBe('allow');
      }),
      { numRuns: 500 },
    );
  });
});

describe('helpers', () => {
  it('never throw on junk', () => {
    fc.assert(
      fc.property(room, user, content, fc.string(), (r, who, eventContent, name) => {
        expect(powerLevelOf(who, r.state, r.version)).not.toBeNaN();
        expect(requiredPower({ type: name, isState: true }, r.state, r.version)).not.toBeNaN();
        expect(actionPower('ban', r.state, r.version)).not.toBeNaN();
        expect(notificationPower(name, r.state, r.version)).not.toBeNaN();
        expect(Array.isArray(privilegedCreators(r.create, r.version))).toBe(true);
        const event = r.event({ type: 'm.room.member', stateKey: who, sender: who, content: eventContent });
        expect(
          checkAuthEvents(
            event,
            [
              { event: r.create, rejected: false },
              { event, rejected: false },
            ],
            r.version,
          ).allow,
        ).toBeTypeOf('boolean');
        expect(mayApplyRedaction(event, r.event({ sender: who }), r.state, r.version)).toBe(true);
      }),
    );
  });
});
