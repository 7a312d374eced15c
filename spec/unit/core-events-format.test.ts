import { describe, expect, it } from 'vitest';
import { checkEventFormat } from '../../src/core/events/check-event-format.ts';
import { AUTH_EVENTS_MAX, PDU_BYTES_MAX, PREV_EVENTS_MAX } from '../../src/core/events/event-limits.ts';
import { JSON_DEPTH_MAX } from '../../src/core/json/canonical-json.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/json-value.ts';
import type { RoomVersionId } from '../../src/core/room-versions/room-version.ts';
import { ROOM_VERSIONS } from '../../src/core/room-versions/room-versions.ts';
import { ALL_VERSIONS, versions } from '../support/auth-room.ts';

const HASH = 'Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ';

function good(id: RoomVersionId): JsonObject {
  const pairs = Number(id) <= 2;
  const reference = (name: string): JsonValue => (pairs ? [`$${name}:x`, { sha256: 'h' }] : `$${name}`);
  return {
    type: 'm.room.message',
    room_id: id === '12' ? `!${HASH}` : '!r:x',
    sender: '@u:x',
    content: { body: 'hi' },
    depth: 3,
    origin_server_ts: 1000,
    hashes: { sha256: 'h' },
    signatures: { x: { 'ed25519:1': 's' } },
    prev_events: [reference('p')],
    auth_events: [reference('a')],
    ...(pairs ? { event_id: '$e:x' } : {}),
  };
}

const check = (id: RoomVersionId, change: JsonObject = {}): string => {
  const result = checkEventFormat({ ...good(id), ...change }, ROOM_VERSIONS[id]);
  return result.ok ? 'ok' : result.reason;
};

describe.each(ALL_VERSIONS)('event format, version %s', (id) => {
  const strict = Number(id) >= 6;

  it('takes a good event and answers its canonical text', () => {
    const result = checkEventFormat(good(id), ROOM_VERSIONS[id]);
    expect(result.ok && JSON.parse(result.json)).toEqual(good(id));
    expect(result.ok && result.pdu).toEqual(good(id));
    expect(check(id, { unsigned: { age: 1 }, extra: [1], state_key: '' })).toBe('ok');
  });

  it.each([null, [], 'x', 5, undefined])('refuses %j', (raw) => {
    expect(checkEventFormat(raw, ROOM_VERSIONS[id])).toEqual({ ok: false, reason: 'the event is not an object' });
  });

  it.each<[string, (JsonValue | undefined)[], string]>([
    ['type', [undefined, 5, null, 'a\0b', 'a'.repeat(256), 'é'.repeat(128)], 'type is not'],
    ['state_key', [5, null, {}, 'a\0', 'a'.repeat(256), 'é'.repeat(128)], 'state_key is not'],
    ['sender', [undefined, 5, 'alice', '@alice', `@${'a'.repeat(253)}:x`], 'sender is not'],
    ['content', [undefined, null, [], 'x'], 'content is not'],
    ['depth', [undefined, null, '5', -1, 1.5], 'depth is not'],
    ['origin_server_ts', [undefined, null, '5', 1.5], 'origin_server_ts is not'],
    ['hashes', [undefined, null, [], {}, { sha256: 5 }], 'hashes has no'],
    ['signatures', [undefined, null, [], 'x', { x: 'y' }, { x: { k: 5 } }, { x: [] }], 'signatures is not'],
    ['unsigned', [null, [], 'x'], 'unsigned is not'],
    ['prev_events', [undefined, null, {}, 'x'], 'prev_events is not an array'],
    ['auth_events', [undefined, null, {}, 'x'], 'auth_events is not an array'],
  ])('refuses a wrong %s', (name, values, reason) => {
    for (const value of values) {
      expect(check(id, { [name]: value })).toContain(reason);
    }
  });

  it('takes fields of the greatest size', () => {
    expect(check(id, { type: 'a'.repeat(255), state_key: 'a'.repeat(255), sender: `@${'a'.repeat(252)}:x` })).toBe('ok');
  });

  it('bounds integers', () => {
    const edge = strict ? 2 ** 53 : 2 ** 63;
    const below = strict ? 2 ** 53 - 1 : 2 ** 63 - 1024;
    expect(check(id, { depth: below, origin_server_ts: below })).toBe('ok');
    expect(check(id, { depth: 0, origin_server_ts: -below })).toBe('ok');
    expect(check(id, { depth: edge })).toContain('depth is not');
    expect(check(id, { origin_server_ts: edge })).toContain('origin_server_ts is not');
    expect(check(id, { origin_server_ts: -edge })).toContain('origin_server_ts is not');
    expect(check(id, { content: { x: 1.5 } })).toBe(strict ? 'Not canonical JSON: the number 1.5' : 'ok');
    expect(check(id, { content: { x: 2 ** 53 } })).toBe(strict ? 'Not canonical JSON: the number 9007199254740992' : 'ok');
  });

  it('refuses what has no canonical form', () => {
    expect(check(id, { content: { x: '\ud800' } })).toContain('Not canonical JSON');
    let deep: JsonValue = 1;
    for (let i = 0; i < JSON_DEPTH_MAX; i++) deep = [deep];
    expect(check(id, { content: { deep } })).toContain('Not canonical JSON');
  });

  it('lets errors that are no judgement through', () => {
    const raw = { ...good(id) };
    Object.defineProperty(raw, 'trap', {
      enumerable: true,
      get() {
        throw new TypeError('bug');
      },
    });
    expect(() => checkEventFormat(raw, ROOM_VERSIONS[id])).toThrow('bug');
  });

  it('bounds the whole in bytes', () => {
    const size = (body: string) => {
      const result = checkEventFormat({ ...good(id), content: { body } }, ROOM_VERSIONS[id]);
      return result.ok ? Buffer.byteLength(result.json) : result.reason;
    };
    const empty = size('') as number;
    const room = PDU_BYTES_MAX - empty;
    expect(size('a'.repeat(room))).toBe(PDU_BYTES_MAX);
    expect(size('a'.repeat(room + 1))).toBe('the event is larger than 65536 bytes');
    expect(size('é'.repeat(Math.floor(room / 2) + 1))).toBe('the event is larger than 65536 bytes');
  });

  it.each([
    ['prev_events', PREV_EVENTS_MAX],
    ['auth_events', AUTH_EVENTS_MAX],
  ])('bounds %s', (name, max) => {
    const many = (count: number) => Array(count).fill((good(id)[name] as JsonValue[])[0] as JsonValue) as JsonValue[];
    expect(check(id, { [name]: [] })).toBe('ok');
    expect(check(id, { [name]: many(max) })).toBe('ok');
    expect(check(id, { [name]: many(max + 1) })).toBe(`${name} has more than ${max} entries`);
  });

  it('wants references in the form of the version', () => {
    const pairs = Number(id) <= 2;
    const wrong = 'prev_events has an entry that is not an event reference';
    expect(check(id, { prev_events: ['$p:x'] })).toBe(pairs ? wrong : 'ok');
    expect(check(id, { prev_events: [['$p:x', { sha256: 'h' }]] })).toBe(pairs ? 'ok' : wrong);
    for (const junk of [5, null, 'p', '$\0', [], ['$p:x'], ['$p:x', 'h'], ['p', {}], ['$p:x', {}, {}]]) {
      expect(check(id, { prev_events: [(good(id)['prev_events'] as JsonValue[])[0] as JsonValue, junk] })).toBe(wrong);
    }
  });

  it('wants redacts to be a string where it is a field', () => {
    expect(check(id, { redacts: '$x' })).toBe('ok');
    expect(check(id, { redacts: 5 })).toBe(Number(id) >= 11 ? 'ok' : 'redacts is not a string');
  });
});

describe('room ids', () => {
  it.each(versions(1, 11))('have a domain in version %s', (id) => {
    for (const room_id of [undefined, 5, '!r', 'r:x', `!${HASH}`]) {
      expect(check(id, { room_id })).toBe('room_id is not a room id with a domain');
      expect(check(id, { room_id, type: 'm.room.create' })).toBe('room_id is not a room id with a domain');
    }
  });

  it('are hashes in version 12, but for the create event, which has none', () => {
    for (const room_id of [5, '!r', '!r:x', `$${HASH}`, null]) {
      expect(check('12', { room_id })).toBe('room_id is not the hash of an event');
      expect(check('12', { room_id, type: 'm.room.create' })).toBe('room_id is not the hash of an event');
    }
    expect(check('12', { room_id: undefined })).toBe('room_id is not the hash of an event');
    expect(check('12', { room_id: undefined, type: 'm.room.create' })).toBe('ok');
  });
});

describe('event ids', () => {
  it.each(['1', '2'] as const)('are a field in version %s', (id) => {
    for (const event_id of [undefined, 5, '$e', 'e:x', `$${'e'.repeat(253)}:x`]) {
      expect(check(id, { event_id })).toBe('event_id is not an event id with a domain');
    }
  });

  it.each(versions(3))('are nobody’s business in version %s', (id) => {
    expect(check(id, { event_id: 5 })).toBe('ok');
  });
});
