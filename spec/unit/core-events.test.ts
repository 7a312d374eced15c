import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64, encodeBase64Url } from '../../src/core/crypto/base64.ts';
import { signingKeyFromSeed } from '../../src/core/crypto/ed25519.ts';
import { buildEvent, type EventTemplate } from '../../src/core/events/build-event.ts';
import { contentHash, eventIdOf, hasValidContentHash, referenceHash } from '../../src/core/events/event-hashes.ts';
import { PDU_BYTES_MAX } from '../../src/core/events/event-limits.ts';
import type { Pdu } from '../../src/core/events/pdu.ts';
import { redact } from '../../src/core/events/redact.ts';
import { requiredSigners } from '../../src/core/events/required-signers.ts';
import { redactsOf, roomEventFromPdu, roomIdFromCreate } from '../../src/core/events/room-event-from-pdu.ts';
import { hashAndSignEvent, signEvent, verifyEventSignature } from '../../src/core/events/sign-event.ts';
import { toClientEvent, toFederationFormat, toStrippedEvent } from '../../src/core/events/to-client-event.ts';
import type { EventId, RoomId, ServerName, UserId } from '../../src/core/ids/brands.ts';
import { canonicalJson } from '../../src/core/json/canonical-json.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';
import { ROOM_VERSIONS } from '../../src/core/room-versions/room-versions.ts';
import { ALL_VERSIONS, versions } from '../support/auth-room.ts';

const key = signingKeyFromSeed(decodeBase64('YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1') as Buffer, '1');
const name = 'domain' as ServerName;
const signer = { name, key };
const keyOf = (keyId: string) => (keyId === 'ed25519:1' ? key.publicKey : undefined);

const template: EventTemplate = {
  roomId: '!r:domain' as RoomId,
  type: 'm.room.message',
  sender: '@u:domain' as UserId,
  content: { body: 'hi' },
  depth: 4,
  originServerTs: 1000,
  prevEvents: ['$p:domain' as EventId],
  authEvents: ['$a:domain' as EventId, '$b:domain' as EventId],
};
const building = (id: (typeof ALL_VERSIONS)[number]) => ({
  version: ROOM_VERSIONS[id],
  signer,
  eventIdLocalpart: 'local',
  referenceHashOf: (eventId: EventId) => `hash of ${eventId}`,
});

describe('event signing', () => {
  // https://spec.matrix.org/v1.19/appendices/#event-signing
  const minimal = {
    room_id: '!x:domain',
    sender: '@a:domain',
    origin: 'domain',
    origin_server_ts: 1000000,
    signatures: {},
    hashes: {},
    type: 'X',
    content: {},
    prev_events: [],
    auth_events: [],
    depth: 3,
    unsigned: { age_ts: 1000000 },
  };
  const redactable = {
    content: { body: 'Here is the message content' },
    event_id: '$0:domain',
    origin: 'domain',
    origin_server_ts: 1000000,
    type: 'm.room.message',
    room_id: '!r:domain',
    sender: '@u:domain',
    signatures: {},
    unsigned: { age_ts: 1000000 },
  };

  it('signs the minimal event of the specification', () => {
    expect(hashAndSignEvent(minimal, ROOM_VERSIONS['1'], signer)).toEqual({
      ...minimal,
      hashes: { sha256: '5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos' },
      signatures: { domain: { 'ed25519:1': 'KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg' } },
    });
  });

  it('signs the redactable event of the specification', () => {
    expect(hashAndSignEvent(redactable, ROOM_VERSIONS['1'], signer)).toEqual({
      ...redactable,
      hashes: { sha256: 'onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g' },
      signatures: { domain: { 'ed25519:1': 'Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA' } },
    });
  });

  it.each(ALL_VERSIONS)('stays valid when the event is redacted, version %s', (id) => {
    const version = ROOM_VERSIONS[id];
    const signed = hashAndSignEvent(redactable, version, signer);
    expect(verifyEventSignature(signed, version, name, keyOf)).toEqual({ ok: true, keyId: 'ed25519:1' });
    expect(verifyEventSignature(redact(signed, version), version, name, keyOf).ok).toBe(true);
    expect(verifyEventSignature({ ...signed, unsigned: {} }, version, name, keyOf).ok).toBe(true);
    expect(verifyEventSignature({ ...signed, sender: '@x:domain' }, version, name, keyOf).ok).toBe(false);
    expect(verifyEventSignature(signed, version, 'else' as ServerName, keyOf).ok).toBe(false);
  });

  it('adds a second server beside the first', () => {
    const once = hashAndSignEvent(redactable, ROOM_VERSIONS['12'], signer);
    const twice = signEvent(once, ROOM_VERSIONS['12'], { name: 'else' as ServerName, key });
    expect(Object.keys(twice.signatures)).toEqual(['domain', 'else']);
    expect(verifyEventSignature(twice, ROOM_VERSIONS['12'], name, keyOf).ok).toBe(true);
    expect(verifyEventSignature(twice, ROOM_VERSIONS['12'], 'else' as ServerName, keyOf).ok).toBe(true);
  });
});

describe.each(ALL_VERSIONS)('building events, version %s', (id) => {
  const version = ROOM_VERSIONS[id];
  const number = Number(id);

  it('makes a complete event', () => {
    const { event, json } = buildEvent({ ...template, stateKey: 'k' }, building(id));
    const pdu = JSON.parse(json) as Pdu;
    expect(canonicalJson(event.pdu)).toBe(json);
    expect(pdu).toMatchObject({
      type: 'm.room.message',
      room_id: '!r:domain',
      sender: '@u:domain',
      state_key: 'k',
      content: { body: 'hi' },
      depth: 4,
      origin_server_ts: 1000,
    });
    expect(hasValidContentHash(pdu, version)).toBe(true);
    expect(verifyEventSignature(pdu, version, name, keyOf).ok).toBe(true);
    expect(event.eventId).toBe(eventIdOf(pdu, version));
    expect(roomEventFromPdu(pdu, version)).toEqual(event);
    expect(event).toMatchObject({ roomId: '!r:domain', stateKey: 'k', originServerTs: 1000, depth: 4, redacts: undefined });
    expect(event.prevEvents).toEqual(['$p:domain']);
    expect(event.authEvents).toEqual(['$a:domain', '$b:domain']);
  });

  it('leaves out what is absent', () => {
    const { event } = buildEvent(template, building(id));
    expect(event.stateKey).toBeUndefined();
    for (const absent of ['state_key', 'redacts', 'unsigned', 'origin']) expect(Object.hasOwn(event.pdu, absent)).toBe(false);
    expect(Object.hasOwn(event.pdu, 'event_id')).toBe(number <= 2);
  });

  it('names the event', () => {
    const { event } = buildEvent(template, building(id));
    const hash = referenceHash(event.pdu, version);
    const named = number === 3 ? encodeBase64(hash) : encodeBase64Url(hash);
    expect(event.eventId).toBe(number <= 2 ? '$local:domain' : `$${named}`);
    expect(eventIdOf(redact({ ...event.pdu, unsigned: { a: 1 } }, version), version)).toBe(event.eventId);
  });

  it('refers to other events as the version does', () => {
    const { event } = buildEvent(template, building(id));
    expect(event.pdu.prev_events).toEqual(number <= 2 ? [['$p:domain', { sha256: 'hash of $p:domain' }]] : ['$p:domain']);
  });

  it('puts the target of a redaction where it belongs', () => {
    const { event } = buildEvent({ ...template, type: 'm.room.redaction', redacts: '$x' as EventId }, building(id));
    expect(event.redacts).toBe('$x');
    expect(event.pdu.redacts).toBe(number >= 11 ? undefined : '$x');
    expect(event.pdu.content).toEqual(number >= 11 ? { body: 'hi', redacts: '$x' } : { body: 'hi' });
  });

  it('refuses what is too large', () => {
    const size = Buffer.byteLength(buildEvent({ ...template, content: { body: '' } }, building(id)).json);
    const body = (bytes: number) =>
      buildEvent({ ...template, content: { body: 'é'.repeat(bytes / 2) + 'a'.repeat(bytes % 2) } }, building(id));
    expect(Buffer.byteLength(body(PDU_BYTES_MAX - size).json)).toBe(PDU_BYTES_MAX);
    expect(() => body(PDU_BYTES_MAX - size + 1)).toThrow(expect.objectContaining({ errcode: 'M_TOO_LARGE' }));
  });

  it('makes a create event, whose hash is the room id in version 12', () => {
    const { roomId, ...rest } = template;
    const create = { ...rest, type: 'm.room.create', stateKey: '', content: {}, prevEvents: [], authEvents: [] };
    const { event } = buildEvent(number === 12 || roomId === undefined ? create : { ...create, roomId }, building(id));
    expect(event.roomId).toBe(number === 12 ? `!${event.eventId.slice(1)}` : '!r:domain');
    expect(event.pdu.room_id).toBe(number === 12 ? undefined : '!r:domain');
    expect(roomIdFromCreate(event.eventId)).toBe(`!${event.eventId.slice(1)}`);
  });

  it('takes a known id without hashing', () => {
    const { event } = buildEvent(template, building(id));
    expect(roomEventFromPdu(event.pdu, version, '$known' as EventId).eventId).toBe('$known');
  });
});

it.each(versions(6))('version %s has no floats', (id) => {
  expect(() => buildEvent({ ...template, content: { x: 1.5 } }, building(id))).toThrow(expect.objectContaining({ errcode: 'M_BAD_JSON' }));
});

it.each(versions(1, 5))('version %s lets floats be', (id) => {
  expect(buildEvent({ ...template, content: { x: 1.5 } }, building(id)).json).toContain('"x":1.5');
});

it.each(['1', '2'] as const)('version %s needs an event id and reference hashes', (id) => {
  const { eventIdLocalpart: _a, ...noId } = building(id);
  const { referenceHashOf: _b, ...noHashes } = building(id);
  expect(() => buildEvent(template, noId)).toThrow(/eventIdLocalpart/);
  expect(() => buildEvent(template, noHashes)).toThrow(/referenceHashOf/);
});

describe('hashes', () => {
  const version = ROOM_VERSIONS['12'];

  it('content hash covers all but unsigned, signatures and hashes', () => {
    const event: JsonObject = { type: 'x', content: { a: 1 } };
    const hash = contentHash(event, version);
    expect(contentHash({ ...event, unsigned: {}, signatures: {}, hashes: {} }, version)).toBe(hash);
    expect(contentHash({ ...event, content: { a: 2 } }, version)).not.toBe(hash);
    expect(contentHash({ ...event, extra: 1 }, version)).not.toBe(hash);
    expect(hasValidContentHash({ ...event, hashes: { sha256: hash } }, version)).toBe(true);
    expect(hasValidContentHash({ ...event, hashes: { sha256: `${hash}=` } }, version)).toBe(true);
    for (const hashes of [undefined, 'x', {}, { sha256: 'AAAA' }, { sha256: 5 }, { sha256: '!' }]) {
      expect(hasValidContentHash({ ...event, hashes }, version)).toBe(false);
    }
  });
});

describe('required signers', () => {
  const pdu = (fields: object): Pdu => ({ type: 'x', sender: '@u:sender', content: {}, ...fields }) as unknown as Pdu;
  const member = (content: JsonObject, fields: object = {}) => pdu({ type: 'm.room.member', state_key: '@u:sender', content, ...fields });

  it.each(ALL_VERSIONS)("include the sender's server, version %s", (id) => {
    expect(requiredSigners(pdu({}), ROOM_VERSIONS[id])).toEqual(['sender']);
    expect(requiredSigners(pdu({ sender: 'junk' }), ROOM_VERSIONS[id])).toEqual([]);
  });

  it.each(ALL_VERSIONS)('include the server of the event id up to version 2, version %s', (id) => {
    const expected = Number(id) <= 2 ? ['sender', 'id'] : ['sender'];
    expect(requiredSigners(pdu({ event_id: '$e:id' }), ROOM_VERSIONS[id])).toEqual(expected);
    expect(requiredSigners(pdu({ event_id: '$e:sender' }), ROOM_VERSIONS[id])).toEqual(['sender']);
    expect(requiredSigners(pdu({ event_id: 5 }), ROOM_VERSIONS[id])).toEqual(['sender']);
    expect(requiredSigners(pdu({ event_id: '$e' }), ROOM_VERSIONS[id])).toEqual(['sender']);
  });

  it.each(ALL_VERSIONS)('include who answers for a restricted join since version 8, version %s', (id) => {
    const content = { membership: 'join', join_authorised_via_users_server: '@r:resident' };
    expect(requiredSigners(member(content), ROOM_VERSIONS[id])).toEqual(Number(id) >= 8 ? ['sender', 'resident'] : ['sender']);
    expect(requiredSigners(member(content, { type: 'x' }), ROOM_VERSIONS[id])).toEqual(['sender']);
    expect(requiredSigners(member({ ...content, join_authorised_via_users_server: 'junk' }), ROOM_VERSIONS[id])).toEqual(['sender']);
  });

  it('leave out the sender of a third-party invite', () => {
    const version = ROOM_VERSIONS['12'];
    expect(requiredSigners(member({ membership: 'invite', third_party_invite: {} }), version)).toEqual([]);
    expect(requiredSigners(member({ membership: 'invite', third_party_invite: {} }, { event_id: '$e:id' }), ROOM_VERSIONS['1'])).toEqual([
      'id',
    ]);
    expect(requiredSigners(member({ membership: 'invite' }), version)).toEqual(['sender']);
    expect(requiredSigners(member({ membership: 'join', third_party_invite: {} }), version)).toEqual(['sender']);
    expect(requiredSigners(member({ membership: 'invite', third_party_invite: {} }, { type: 'x' }), version)).toEqual(['sender']);
  });
});

describe('client format', () => {
  const { event } = buildEvent({ ...template, stateKey: '' }, building('12'));

  it('has what clients need and nothing else', () => {
    expect(
      toClientEvent(
        { ...event.pdu, unsigned: { from: 'sender' } },
        { eventId: event.eventId, roomId: event.roomId, version: ROOM_VERSIONS['12'] },
      ),
    ).toEqual({
      type: 'm.room.message',
      event_id: event.eventId,
      room_id: '!r:domain',
      sender: '@u:domain',
      origin_server_ts: 1000,
      state_key: '',
      content: { body: 'hi' },
    });
  });

  it('leaves the room id out for sync, and adds what the server knows', () => {
    const { pdu, eventId } = buildEvent(template, building('12')).event;
    const client = toClientEvent(pdu, { eventId, version: ROOM_VERSIONS['12'], unsigned: { age: 5 } });
    expect(client['unsigned']).toEqual({ age: 5 });
    expect(Object.keys(client)).not.toContain('room_id');
    expect(Object.keys(client)).not.toContain('state_key');
  });

  it.each(versions(1))('names the target of a redaction in both places, version %s', (id) => {
    const redaction = buildEvent({ ...template, type: 'm.room.redaction', redacts: '$x' as EventId }, building(id)).event;
    const client = toClientEvent(redaction.pdu, { eventId: redaction.eventId, version: ROOM_VERSIONS[id] });
    expect(client).toMatchObject({ redacts: '$x', content: { body: 'hi', redacts: '$x' } });
    expect(
      toClientEvent({ ...redaction.pdu, type: 'other', redacts: '$x' }, { eventId: redaction.eventId, version: ROOM_VERSIONS[id] })[
        'redacts'
      ],
    ).toBeUndefined();
  });

  it('reads targets only where the version keeps them', () => {
    const redaction = { ...event.pdu, type: 'm.room.redaction', redacts: '$top', content: { redacts: '$content' } };
    expect(redactsOf(redaction, ROOM_VERSIONS['10'])).toBe('$top');
    expect(redactsOf(redaction, ROOM_VERSIONS['11'])).toBe('$content');
    expect(redactsOf({ ...redaction, type: 'x' }, ROOM_VERSIONS['11'])).toBeUndefined();
    expect(redactsOf({ ...redaction, content: { redacts: 5 } }, ROOM_VERSIONS['11'])).toBeUndefined();
  });

  it('passes the federation format through', () => {
    expect(toFederationFormat(event.pdu)).toBe(event.pdu);
    expect(toFederationFormat(event.pdu, { age: 1 })).toEqual({ ...event.pdu, unsigned: { age: 1 } });
  });

  it('strips state to four fields', () => {
    expect(toStrippedEvent(event.pdu)).toEqual({ type: 'm.room.message', state_key: '', sender: '@u:domain', content: { body: 'hi' } });
  });
});
