import { describe, expect, it } from 'vitest';
import { THIRD_PARTY_KEYS_MAX, THIRD_PARTY_SIGNATURES_MAX } from '../../src/core/auth/authorise-third-party-invite.ts';
import { signingKeyFromSeed } from '../../src/core/crypto/ed25519.ts';
import { signJson } from '../../src/core/crypto/sign-json.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/json-value.ts';
import { ALICE, ALL_VERSIONS, AuthRoom, BOB, CAROL } from '../support/auth-room.ts';

const key = signingKeyFromSeed(Buffer.alloc(32, 3), '0');
const otherKey = signingKeyFromSeed(Buffer.alloc(32, 4), '0');
const signed = signJson({ mxid: CAROL, token: 'tok', sender: ALICE }, { name: 'identity', key });
const offer = { display_name: 'c…@far', public_key: key.publicKey.base64 };

const room = (content: JsonObject = offer, id = ALL_VERSIONS[11] as (typeof ALL_VERSIONS)[number]) =>
  new AuthRoom(id).member(ALICE, 'join').put('m.room.third_party_invite', 'tok', content, ALICE);
const invite = (r: AuthRoom, third: JsonValue, sender = ALICE, target = CAROL) =>
  r.askMember(sender, target, 'invite', { third_party_invite: third });
const signedBy = (signatures: JsonValue): JsonObject => ({ ...signed, signatures });
const signature = (signed.signatures['identity'] as JsonObject)['ed25519:0'] as string;

describe('third-party invite', () => {
  it.each(ALL_VERSIONS)('is allowed by its signature, version %s', (id) => {
    const r = room(offer, id);
    expect(invite(r, { display_name: 'x', signed })).toBe('allow');
    expect(invite(r, { signed: { ...signed, unsigned: { a: 1 } } })).toBe('allow');
    expect(invite(r, { signed: { ...signed, extra: 1 } })).toBe('member.thirdParty.signature');
  });

  it('needs neither membership nor power of the sender, and reaches members', () => {
    const r = room().member(ALICE, 'leave').power({ invite: 100 });
    expect(invite(r, { signed })).toBe('allow');
    expect(invite(room().member(CAROL, 'join'), { signed })).toBe('allow');
    expect(invite(room().member(CAROL, 'ban'), { signed })).toBe('member.thirdParty.banned');
  });

  it.each<JsonValue>([null, 'x', [], {}, { signed: null }, { signed: 'x' }, { signed: [] }])('needs a signed object, not %j', (third) => {
    expect(invite(room(), third)).toBe('member.thirdParty.noSigned');
  });

  it.each<JsonObject>([{ token: 'tok' }, { mxid: CAROL }, { mxid: 5, token: 'tok' }, { mxid: CAROL, token: 5 }])(
    'needs mxid and token in %j',
    (bad) => {
      expect(invite(room(), { signed: bad })).toBe('member.thirdParty.fields');
    },
  );

  it('is about its target, an offer in the room, and the sender of that offer', () => {
    expect(invite(room(), { signed }, ALICE, BOB)).toBe('member.thirdParty.mxid');
    expect(invite(room().without('m.room.third_party_invite', 'tok'), { signed })).toBe('member.thirdParty.unknownToken');
    expect(invite(room().member(BOB, 'join'), { signed }, BOB)).toBe('member.thirdParty.sender');
  });

  it.each<[string, JsonObject]>([
    ['the list', { public_keys: [{ public_key: key.publicKey.base64 }] }],
    [
      'the list after the single key',
      { public_key: otherKey.publicKey.base64, public_keys: [{ public_key: 'junk' }, 'junk', { public_key: key.publicKey.base64 }] },
    ],
    ['the single key beside junk', { public_key: key.publicKey.base64, public_keys: 'junk' }],
    ['padded base64', { public_key: `${key.publicKey.base64}=` }],
  ])('finds its key in %s', (_name, content) => {
    expect(invite(room(content), { signed })).toBe('allow');
  });

  it.each<[string, JsonObject]>([
    ['no key', {}],
    ['another key', { public_key: otherKey.publicKey.base64 }],
    ['junk', { public_key: 5, public_keys: [null, 5, { public_key: 'AAAA' }] }],
  ])('is refused with %s in the offer', (_name, content) => {
    expect(invite(room(content), { signed })).toBe('member.thirdParty.signature');
  });

  it.each<[string, JsonValue, string]>([
    ['of any entity and key id', { else: { 'ed25519:zzz': signature } }, 'allow'],
    ['beside junk', { a: 'junk', b: { 'ed25519:1': 5, 'ed25519:2': signature } }, 'allow'],
    ['beside nothing', { a: null, b: { 'ed25519:0': signature } }, 'allow'],
    ['of another algorithm', { identity: { 'rsa:0': signature } }, 'member.thirdParty.signature'],
    ['that is none', { identity: { 'ed25519:0': 'AAAA' } }, 'member.thirdParty.signature'],
    ['that is absent', {}, 'member.thirdParty.signature'],
    ['in junk', 'junk', 'member.thirdParty.signature'],
  ])('judges a signature %s', (_name, signatures, expected) => {
    expect(invite(room(), { signed: signedBy(signatures) })).toBe(expected);
  });

  it('refuses a signed object without canonical form', () => {
    expect(invite(room(), { signed: { ...signed, x: 1.5 } })).toBe('member.thirdParty.signature');
    expect(invite(room(), { signed: { ...signed, x: '\ud800' } })).toBe('member.thirdParty.signature');
  });

  it('tries a bounded number of keys and signatures', () => {
    const keys = (before: number) => ({
      public_keys: [...Array.from({ length: before }, () => ({ public_key: 'junk' })), { public_key: key.publicKey.base64 }],
    });
    // The single key, absent here, takes one place.
    expect(invite(room(keys(THIRD_PARTY_KEYS_MAX - 2)), { signed })).toBe('allow');
    expect(invite(room(keys(THIRD_PARTY_KEYS_MAX - 1)), { signed })).toBe('member.thirdParty.signature');

    const signatures = (before: number) => ({
      identity: { ...Object.fromEntries(Array.from({ length: before }, (_, i) => [`ed25519:a${i}`, 'junk'])), 'ed25519:z': signature },
    });
    expect(invite(room(), { signed: signedBy(signatures(THIRD_PARTY_SIGNATURES_MAX - 1)) })).toBe('allow');
    expect(invite(room(), { signed: signedBy(signatures(THIRD_PARTY_SIGNATURES_MAX)) })).toBe('member.thirdParty.signature');
  });
});
