import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEventFormat } from '../../src/core/events/check-event-format.ts';
import { contentHash, referenceHash } from '../../src/core/events/event-hashes.ts';
import type { Pdu } from '../../src/core/events/pdu.ts';
import { redact } from '../../src/core/events/redact.ts';
import { requiredSigners } from '../../src/core/events/required-signers.ts';
import { roomEventFromPdu } from '../../src/core/events/room-event-from-pdu.ts';
import type { EventId } from '../../src/core/ids/brands.ts';
import { toClientEvent } from '../../src/core/events/to-client-event.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json-value.ts';
import { ROOM_VERSIONS } from '../../src/core/room-versions/room-versions.ts';
import { canonicalValue, jsonValue } from '../support/arbitrary-json.ts';
import { ALL_VERSIONS } from '../support/auth-room.ts';

const version = fc.constantFrom(...ALL_VERSIONS).map((id) => ROOM_VERSIONS[id]);
const type = fc.constantFrom(
  'm.room.create',
  'm.room.member',
  'm.room.power_levels',
  'm.room.join_rules',
  'm.room.redaction',
  'm.room.aliases',
  'm.room.message',
);

const contentKey = fc.constantFrom(
  'membership',
  'creator',
  'join_rule',
  'allow',
  'users',
  'ban',
  'invite',
  'redacts',
  'third_party_invite',
  'aliases',
  'body',
  '__proto__',
);
const contentOf = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> =>
  fc
    .array(fc.tuple(contentKey, fc.oneof(value, fc.constant<JsonValue>({ signed: { mxid: '@a:x' }, display_name: 'x' }))), { maxLength: 6 })
    .map((entries) => Object.fromEntries(entries));

const event = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> =>
  fc.record({
    type,
    content: fc.oneof(contentOf(value), value),
    sender: value,
    origin: value,
    membership: value,
    redacts: value,
    unsigned: value,
    hashes: value,
    extra: value,
  });

describe('redaction', () => {
  it('is idempotent and keeps nothing new', () => {
    fc.assert(
      fc.property(event(jsonValue), version, (pdu, v) => {
        const once = redact(pdu, v);
        expect(redact(once, v)).toEqual(once);
        for (const key of Object.keys(once)) expect(pdu).toHaveProperty([key]);
      }),
    );
  });

  it('keeps the reference hash, and the content hash only of what it did not touch', () => {
    fc.assert(
      fc.property(event(canonicalValue), version, (pdu, v) => {
        expect(referenceHash(redact(pdu, v), v)).toEqual(referenceHash(pdu, v));
        expect(contentHash(pdu, v)).toHaveLength(43);
      }),
    );
  });
});

describe('format check', () => {
  const field = <T extends JsonValue>(good: T) =>
    fc.oneof({ weight: 6, arbitrary: fc.constant<JsonValue>(good) }, { weight: 1, arbitrary: jsonValue });
  const pdu = fc.record(
    {
      type: fc.oneof(type, jsonValue),
      room_id: field('!r:x'),
      sender: field('@u:x'),
      event_id: field('$e:x'),
      state_key: field(''),
      content: fc.oneof(contentOf(jsonValue), jsonValue),
      depth: field(1),
      origin_server_ts: field(1),
      hashes: field({ sha256: 'x' }),
      signatures: field({}),
      prev_events: field([]),
      auth_events: field([]),
    },
    { requiredKeys: ['type', 'room_id', 'content'] },
  );

  it('never throws, and what it lets through can be read, redacted and shown', () => {
    fc.assert(
      fc.property(pdu, version, (raw, v) => {
        const result = checkEventFormat(raw, v);
        if (!result.ok) return;
        const read = roomEventFromPdu(result.pdu, v);
        expect(read.eventId).toMatch(/^\$/);
        expect(isJsonObject(redact(result.pdu, v).content)).toBe(true);
        expect(checkEventFormat(redact(result.pdu, v), v).ok).toBe(true);
        expect(checkEventFormat(JSON.parse(result.json), v)).toMatchObject({ ok: true, json: result.json });
        expect(Array.isArray(requiredSigners(result.pdu, v))).toBe(true);
        expect(toClientEvent(result.pdu, { eventId: read.eventId, version: v })['event_id']).toBe(read.eventId);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on anything', () => {
    fc.assert(
      fc.property(jsonValue, version, (raw, v) => {
        expect(checkEventFormat(raw, v).ok).toBe(false);
      }),
    );
  });

  it('reads junk content without throwing', () => {
    fc.assert(
      fc.property(contentOf(jsonValue), type, version, (content, eventType, v) => {
        const raw = {
          type: eventType,
          sender: '@u:x',
          content,
          prev_events: [],
          auth_events: [],
          depth: 1,
          origin_server_ts: 1,
        } as unknown as Pdu;
        expect(roomEventFromPdu(raw, v, '$x' as EventId).content).toBe(content);
        expect(Array.isArray(requiredSigners(raw, v))).toBe(true);
      }),
    );
  });
});
