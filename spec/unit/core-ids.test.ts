import { describe, expect, it } from 'vitest';
import type { RoomAlias, RoomId, ServerName, UserId } from '../../src/core/ids/brands.ts';
import { parseDeviceId } from '../../src/core/ids/device-id.ts';
import { eventIdDomain, isEventIdWithDomain, parseEventId } from '../../src/core/ids/event-id.ts';
import { fitsBytes } from '../../src/core/ids/id-length.ts';
import { parseKeyId } from '../../src/core/ids/key-id.ts';
import { formatMxc, isMediaId, parseMxc } from '../../src/core/ids/mxc-uri.ts';
import { parseRoomAlias } from '../../src/core/ids/room-alias.ts';
import { isHashRoomId, isRoomIdWithDomain, parseRoomId, roomIdDomain } from '../../src/core/ids/room-id.ts';
import { parseServerName, splitServerName } from '../../src/core/ids/server-name.ts';
import { isCompliantUserId, isLocalpartValid, localpartOf, makeUserId, parseUserId, serverNameOf } from '../../src/core/ids/user-id.ts';

const NOT_STRINGS = [undefined, null, 1, true, {}, ['@a:b']];
const HASH = 'Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ';
const server = 'example.org' as ServerName;

describe('server names', () => {
  it.each([
    'matrix.org',
    'matrix.org:8888',
    '1.2.3.4',
    '1.2.3.4:1234',
    '[1234:5678::abcd]',
    '[1234:5678::abcd]:5678',
    '[::]',
    '[::ffff:1.2.3.4]',
    'localhost',
    'MATRIX.ORG',
    'a-b.c:1',
    'a'.repeat(255),
  ])('takes %s', (name) => {
    expect(parseServerName(name)).toBe(name);
  });

  it.each([
    '',
    'a b',
    'a_b.org',
    'münchen.de',
    'matrix.org:',
    'matrix.org:123456',
    'matrix.org:80a',
    ':80',
    '[1234',
    '[]',
    '[12345::]',
    '[fe80::1%eth0]',
    '1234::abcd',
    'a/b',
    'a@b',
    'matrix.org\n',
    'a'.repeat(256),
    ...NOT_STRINGS,
  ])('refuses %j', (name) => {
    expect(parseServerName(name)).toBeNull();
  });

  it.each([
    ['matrix.org', 'matrix.org', undefined],
    ['matrix.org:8448', 'matrix.org', 8448],
    ['[::1]', '[::1]', undefined],
    ['[::1]:80', '[::1]', 80],
  ])('splits %s', (name, host, port) => {
    expect(splitServerName(name as ServerName)).toEqual({ host, port });
  });
});

describe('user ids', () => {
  it.each(['@alice:example.org', '@a.b_c=d-e/f+1:example.org:80', '@ALICE:example.org', '@:example.org', '@ü \u0001:x', '@x:[::1]'])(
    'takes %j, historical localparts too',
    (id) => {
      expect(parseUserId(id)).toBe(id);
    },
  );

  it.each([
    'alice:example.org',
    '!alice:example.org',
    '@alice',
    '@alice:',
    '@alice:exa mple',
    '@al\0ice:x',
    '@al\ud800ice:x',
    '@a:b:c:d',
    '',
    ...NOT_STRINGS,
  ])('refuses %j', (id) => {
    expect(parseUserId(id)).toBeNull();
  });

  it('counts 255 bytes, not characters', () => {
    expect(parseUserId(`@${'a'.repeat(252)}:x`)).not.toBeNull();
    expect(parseUserId(`@${'a'.repeat(253)}:x`)).toBeNull();
    expect(parseUserId(`@${'é'.repeat(126)}:x`)).not.toBeNull();
    expect(parseUserId(`@${'é'.repeat(127)}:x`)).toBeNull();
  });

  it.each(['alice', 'a', '0', 'a.b_c=d-e/f+1'])('lets new users be called %s', (localpart) => {
    expect(isLocalpartValid(localpart, server)).toBe(true);
    expect(makeUserId(localpart, server)).toBe(`@${localpart}:example.org`);
  });

  it.each(['', 'Alice', 'ü', 'a b', 'a:b', 'a*', 'a\n', 'a'.repeat(243)])('does not let new users be called %j', (localpart) => {
    expect(isLocalpartValid(localpart, server)).toBe(false);
    expect(makeUserId(localpart, server)).toBeNull();
  });

  it('allows new ids of 255 bytes', () => {
    expect(isLocalpartValid('a'.repeat(242), server)).toBe(true);
  });

  it('knows which historical ids clients should not see', () => {
    expect(isCompliantUserId('@Al!ce~:x' as UserId)).toBe(true);
    expect(isCompliantUserId('@:x' as UserId)).toBe(false);
    expect(isCompliantUserId('@a b:x' as UserId)).toBe(false);
    expect(isCompliantUserId('@ü:x' as UserId)).toBe(false);
  });

  it('gives server and localpart', () => {
    expect(serverNameOf('@alice:example.org:80' as UserId)).toBe('example.org:80');
    expect(serverNameOf('#r:[::1]:80' as RoomAlias)).toBe('[::1]:80');
    expect(localpartOf('@alice:example.org:80' as UserId)).toBe('alice');
  });
});

describe('room ids', () => {
  it.each(['!abc:example.org', '!:example.org', `!${HASH}`, '!opaque'])('takes %s', (id) => {
    expect(parseRoomId(id)).toBe(id);
  });

  it.each(['', '!', 'abc:example.org', '!abc:', '!a\0b', '!a\0b:x', '!\ud800', '#abc:x', '$abc', `!${'a'.repeat(255)}`, ...NOT_STRINGS])(
    'refuses %j',
    (id) => {
      expect(parseRoomId(id)).toBeNull();
    },
  );

  it('tells the two forms apart', () => {
    expect(isRoomIdWithDomain('!abc:example.org')).toBe(true);
    expect(isRoomIdWithDomain(`!${HASH}`)).toBe(false);
    expect(isHashRoomId(`!${HASH}`)).toBe(true);
    expect(isHashRoomId(`!${HASH}a`)).toBe(false);
    expect(isHashRoomId(`!${HASH.slice(1)}+`)).toBe(false);
    expect(isHashRoomId(`$${HASH}`)).toBe(false);
    expect(isHashRoomId(1)).toBe(false);
    expect(roomIdDomain('!abc:example.org:1' as RoomId)).toBe('example.org:1');
    expect(roomIdDomain(`!${HASH}` as RoomId)).toBeNull();
  });
});

describe('event ids', () => {
  it.each(['$abc:example.org', `$${HASH}`, '$acR1l0raoZnm60CBwAVgqbZqoO/mYU81xysh1u7XcJk', '$x'])('takes %s', (id) => {
    expect(parseEventId(id)).toBe(id);
  });

  it.each(['', '$', 'abc', '!abc', '$a\0', '$\udfff', `$${'a'.repeat(255)}`, ...NOT_STRINGS])('refuses %j', (id) => {
    expect(parseEventId(id)).toBeNull();
  });

  it('knows the form with a domain', () => {
    expect(isEventIdWithDomain('$abc:example.org')).toBe(true);
    expect(isEventIdWithDomain('$abc')).toBe(false);
    expect(isEventIdWithDomain('$abc:exa mple')).toBe(false);
    expect(eventIdDomain('$abc:example.org')).toBe('example.org');
    expect(eventIdDomain('$abc')).toBeNull();
  });
});

describe('other identifiers', () => {
  it('parses aliases', () => {
    expect(parseRoomAlias('#room ü:example.org')).toBe('#room ü:example.org');
    for (const bad of ['room:example.org', '#room', '#room:', '!r:x', ...NOT_STRINGS]) expect(parseRoomAlias(bad)).toBeNull();
  });

  it('parses device ids', () => {
    expect(parseDeviceId('ABC def/:ü')).toBe('ABC def/:ü');
    expect(parseDeviceId('a'.repeat(255))).not.toBeNull();
    for (const bad of ['', 'a\0', '\ud800', 'a'.repeat(256), ...NOT_STRINGS]) expect(parseDeviceId(bad)).toBeNull();
  });

  it('parses key ids', () => {
    expect(parseKeyId('ed25519:a_b1')).toEqual({ algorithm: 'ed25519', version: 'a_b1' });
    expect(parseKeyId('signed_curve25519:AAAA/+')).toEqual({ algorithm: 'signed_curve25519', version: 'AAAA/+' });
    for (const bad of ['ed25519', 'ed25519:', ':1', 'ED:1', 'ed25519:a b', 'ed25519:1\n', ...NOT_STRINGS])
      expect(parseKeyId(bad)).toBeNull();
  });

  it('parses media addresses', () => {
    expect(parseMxc('mxc://example.org:80/a_B-9')).toEqual({ serverName: 'example.org:80', mediaId: 'a_B-9' });
    expect(formatMxc({ serverName: server, mediaId: 'abc' })).toBe('mxc://example.org/abc');
    for (const bad of [
      'mxc://example.org',
      'mxc://example.org/',
      'mxc:///abc',
      'http://example.org/abc',
      'mxc://exa mple/abc',
      'mxc://example.org/../x',
      'mxc://example.org/a/b',
      'mxc://example.org/a%2Fb',
      'mxc://example.org/a?b',
      `mxc://example.org/${'a'.repeat(256)}`,
      ...NOT_STRINGS,
    ]) {
      expect(parseMxc(bad)).toBeNull();
    }
    expect(isMediaId('abc')).toBe(true);
    expect(isMediaId('a.b')).toBe(false);
    expect(isMediaId(5)).toBe(false);
  });

  it('measures UTF-8', () => {
    expect(fitsBytes('abc', 3)).toBe(true);
    expect(fitsBytes('abcd', 3)).toBe(false);
    expect(fitsBytes('é', 2)).toBe(true);
    expect(fitsBytes('é', 1)).toBe(false);
    expect(fitsBytes('€', 3)).toBe(true);
    expect(fitsBytes('€', 2)).toBe(false);
    expect(fitsBytes('\u{1f600}', 4)).toBe(true);
    expect(fitsBytes('\u{1f600}', 3)).toBe(false);
  });
});
