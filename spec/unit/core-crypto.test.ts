import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64, encodeBase64Url } from '../../src/core/crypto/base64.ts';
import { parseVerifyKey, signingKeyFromSeed, signText, verifyText } from '../../src/core/crypto/ed25519.ts';
import { sha256 } from '../../src/core/crypto/sha256.ts';
import { addSignature, SIGNATURES_PER_ENTITY_MAX, signedText, signJson, verifyJson } from '../../src/core/crypto/sign-json.ts';
import { formatSigningKeyFile, parseSigningKeyFile, SIGNING_KEYS_MAX } from '../../src/core/crypto/signing-key-file.ts';
import type { JsonObject } from '../../src/core/json/json-value.ts';

const seed = decodeBase64('YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1') as Buffer;
const key = signingKeyFromSeed(seed, '1');
const other = signingKeyFromSeed(Buffer.alloc(32, 1), '2');
const signer = { name: 'domain', key };
const keyOf = (keyId: string) => (keyId === key.keyId ? key.publicKey : undefined);

describe('base64', () => {
  // https://spec.matrix.org/v1.19/appendices/#unpadded-base64
  it.each([
    ['', ''],
    ['f', 'Zg'],
    ['fo', 'Zm8'],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg'],
    ['fooba', 'Zm9vYmE'],
    ['foobar', 'Zm9vYmFy'],
  ])('encodes %j', (text, encoded) => {
    expect(encodeBase64(Buffer.from(text))).toBe(encoded);
    expect(decodeBase64(encoded)?.toString()).toBe(text);
  });

  it('has two alphabets, and decodes both, padded or not', () => {
    const bytes = new Uint8Array([0, 0xfb, 0xff, 0xfe, 0]).subarray(1, 4);
    expect(encodeBase64(bytes)).toBe('+//+');
    expect(encodeBase64Url(bytes)).toBe('-__-');
    expect(decodeBase64('-__-')).toEqual(Buffer.from(bytes));
    expect(decodeBase64('+//+')).toEqual(Buffer.from(bytes));
    expect(decodeBase64('Zg==')?.toString()).toBe('f');
    expect(decodeBase64('Zg=')?.toString()).toBe('f');
  });

  it.each(['Z', 'Zm9vY', 'Zg===', '=Zg', 'Z g', 'Zg\n', 'Zg!', 1, null, undefined])('does not decode %j', (text) => {
    expect(decodeBase64(text)).toBeNull();
  });
});

describe('SHA-256', () => {
  it('hashes text as UTF-8', () => {
    expect(sha256('é')).toEqual(sha256(Buffer.from('é')));
    expect(encodeBase64(sha256(''))).toBe('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU');
  });
});

describe('Ed25519', () => {
  it('agrees with an independent implementation', () => {
    const pair = nacl.sign.keyPair.fromSeed(seed);
    expect(key.publicKey.base64).toBe(encodeBase64(pair.publicKey));
    expect(key.keyId).toBe('ed25519:1');
    const signature = signText('héllo', key);
    expect(signature).toBe(encodeBase64(nacl.sign.detached(Buffer.from('héllo'), pair.secretKey)));
    expect(verifyText('héllo', signature, key.publicKey)).toBe(true);
  });

  it('refuses what is not the signature', () => {
    const signature = signText('a', key);
    expect(verifyText('b', signature, key.publicKey)).toBe(false);
    expect(verifyText('a', signature, other.publicKey)).toBe(false);
    expect(verifyText('a', encodeBase64(Buffer.alloc(63)), key.publicKey)).toBe(false);
    expect(verifyText('a', encodeBase64(Buffer.alloc(65)), key.publicKey)).toBe(false);
    expect(verifyText('a', `${signature}!`, key.publicKey)).toBe(false);
    expect(verifyText('a', undefined, key.publicKey)).toBe(false);
  });

  it('refuses malleable signatures', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const bytes = decodeBase64(signText('a', key)) as Buffer;
    let s = 0n;
    for (let i = 63; i >= 32; i--) s = (s << 8n) | BigInt(bytes[i] as number);
    s += order;
    for (let i = 32; i < 64; i++) {
      bytes[i] = Number(s & 0xffn);
      s >>= 8n;
    }
    expect(verifyText('a', encodeBase64(bytes), key.publicKey)).toBe(false);
  });

  it('parses public keys in either alphabet', () => {
    expect(parseVerifyKey(key.publicKey.base64)?.base64).toBe(key.publicKey.base64);
    const raw = decodeBase64(key.publicKey.base64) as Buffer;
    const parsed = parseVerifyKey(encodeBase64Url(raw));
    expect(parsed?.base64).toBe(key.publicKey.base64);
    expect(parsed !== null && parsed !== undefined && verifyText('a', signText('a', key), parsed)).toBe(true);
    for (const bad of ['', 'AAAA', encodeBase64(Buffer.alloc(31)), encodeBase64(Buffer.alloc(33)), '!', null, 5])
      expect(parseVerifyKey(bad)).toBeNull();
  });

  it('wants seeds of 32 bytes', () => {
    expect(() => signingKeyFromSeed(Buffer.alloc(31), '1')).toThrow(/32 bytes, not 31/);
    expect(() => signingKeyFromSeed(Buffer.alloc(33), '1')).toThrow(RangeError);
  });
});

describe('signing JSON', () => {
  // https://spec.matrix.org/v1.19/appendices/#json-signing
  it('makes the signatures of the specification', () => {
    expect(signJson({}, signer)).toEqual({
      signatures: { domain: { 'ed25519:1': 'K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ' } },
    });
    expect(signJson({ one: 1, two: 'Two' }, signer)).toEqual({
      one: 1,
      two: 'Two',
      signatures: { domain: { 'ed25519:1': 'KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw' } },
    });
  });

  it('keeps other signatures and unsigned, and covers neither', () => {
    const plain = signJson({ one: 1 }, signer);
    const signed = signJson(
      { one: 1, unsigned: { age: 5 }, signatures: { domain: { 'ed25519:0': 'x' }, else: { 'ed25519:9': 'y' } } },
      signer,
    );
    const mine = (plain.signatures['domain'] as JsonObject)['ed25519:1'];
    expect(signed).toEqual({
      one: 1,
      unsigned: { age: 5 },
      signatures: { domain: { 'ed25519:0': 'x', 'ed25519:1': mine }, else: { 'ed25519:9': 'y' } },
    });
    expect(signedText(signed)).toBe('{"one":1}');
  });

  it('replaces junk where signatures should be', () => {
    expect(addSignature('junk', signer, 's')).toEqual({ domain: { 'ed25519:1': 's' } });
    expect(addSignature({ domain: 'junk' }, signer, 's')).toEqual({ domain: { 'ed25519:1': 's' } });
    expect(addSignature({}, { name: 'constructor', key }, 's')).toEqual({ constructor: { 'ed25519:1': 's' } });
  });

  it('verifies what it signed, whatever unsigned says', () => {
    const signed = signJson({ one: 1 }, signer);
    expect(verifyJson(signed, 'domain', keyOf)).toEqual({ ok: true, keyId: 'ed25519:1' });
    expect(verifyJson({ ...signed, unsigned: { a: 1 } }, 'domain', keyOf).ok).toBe(true);
    expect(verifyJson({ ...signed, one: 2 }, 'domain', keyOf)).toEqual({ ok: false, reason: 'wrong signature by domain with ed25519:1' });
  });

  it('needs one signature by a known key, and skips those it cannot judge', () => {
    const signed = signJson(signJson({ one: 1 }, signer), { name: 'domain', key: other });
    expect(verifyJson(signed, 'domain', keyOf).ok).toBe(true);
    expect(verifyJson(signed, 'domain', () => undefined)).toEqual({ ok: false, reason: 'no signature by a known key of domain' });
    expect(verifyJson(signed, 'else', keyOf)).toEqual({ ok: false, reason: 'no signatures by else' });
    expect(verifyJson({ signatures: { domain: { 'other:1': 'x' } } }, 'domain', () => key.publicKey).ok).toBe(false);
  });

  it('refuses when one of several known keys disagrees', () => {
    const signed = signJson(signJson({ one: 1 }, signer), { name: 'domain', key: other });
    (signed.signatures['domain'] as JsonObject)['ed25519:2'] = signText('x', other);
    expect(verifyJson(signed, 'domain', (id) => (id === 'ed25519:1' ? key.publicKey : other.publicKey)).ok).toBe(false);
  });

  it.each<[string, JsonObject]>([
    ['none', {}],
    ['junk', { signatures: 'x' }],
    ['junk for the entity', { signatures: { domain: [] } }],
    ['an inherited name', { signatures: {} }],
  ])('finds no signature in %s', (_name, object) => {
    expect(verifyJson(object, 'domain', keyOf).ok).toBe(false);
    expect(verifyJson(object, 'constructor', keyOf).ok).toBe(false);
  });

  it('tries a bounded number of signatures', () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`ed25519:${i}`, 'x']));
    expect(verifyJson({ signatures: { domain: many(SIGNATURES_PER_ENTITY_MAX + 1) } }, 'domain', () => undefined)).toEqual({
      ok: false,
      reason: 'more than 32 signatures by domain',
    });
    expect(verifyJson({ signatures: { domain: many(SIGNATURES_PER_ENTITY_MAX) } }, 'domain', () => undefined)).toEqual({
      ok: false,
      reason: 'no signature by a known key of domain',
    });
  });
});

describe('signing key files', () => {
  const text = 'ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA0\n';

  it('reads and writes', () => {
    const parsed = parseSigningKeyFile(
      `# ours\n\n  ed25519   1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1\r\n${formatSigningKeyFile([other])}`,
    );
    expect(parsed.ok && parsed.keys.map((k) => [k.keyId, k.publicKey.base64])).toEqual([
      ['ed25519:1', key.publicKey.base64],
      ['ed25519:2', other.publicKey.base64],
    ]);
    expect(formatSigningKeyFile([key])).toBe(text);
  });

  it.each([
    ['', 'no key'],
    ['rsa 1 AAAA', 'line 1: the algorithm is not ed25519'],
    ['\ned25519', 'line 2: the key version is not of [A-Za-z0-9_]'],
    ['ed25519 a-b AAAA', 'line 1: the key version is not of [A-Za-z0-9_]'],
    ['ed25519 1', 'line 1: the seed is not 32 bytes of base64'],
    ['ed25519 1 AAAA', 'line 1: the seed is not 32 bytes of base64'],
    [`${text.trim()} x`, 'line 1: more than three fields'],
    [text + text, 'line 2: key version 1 stands there twice'],
  ])('refuses %j', (file, reason) => {
    expect(parseSigningKeyFile(file)).toEqual({ ok: false, reason });
  });

  it('limits the number of keys', () => {
    const file = (count: number) => formatSigningKeyFile(Array.from({ length: count }, (_, i) => ({ ...key, version: `v${i}` })));
    expect(parseSigningKeyFile(file(SIGNING_KEYS_MAX)).ok).toBe(true);
    expect(parseSigningKeyFile(file(SIGNING_KEYS_MAX + 1))).toEqual({ ok: false, reason: 'more than 100 keys' });
  });
});
