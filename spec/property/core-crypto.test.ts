import fc from 'fast-check';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64, encodeBase64Url } from '../../src/core/crypto/base64.ts';
import { parseVerifyKey, signingKeyFromSeed, signText, verifyText } from '../../src/core/crypto/ed25519.ts';
import { signJson, verifyJson } from '../../src/core/crypto/sign-json.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json/json-value.ts';
import { canonicalValue, jsonValue } from '../support/arbitrary-json.ts';

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('keys', () => {
  it('sign as an independent implementation does', () => {
    fc.assert(
      fc.property(seed, fc.string({ unit: 'binary' }), (bytes, text) => {
        const key = signingKeyFromSeed(bytes, '1');
        const pair = nacl.sign.keyPair.fromSeed(bytes);
        const signature = signText(text, key);
        expect(signature).toBe(encodeBase64(nacl.sign.detached(Buffer.from(text), pair.secretKey)));
        expect(verifyText(text, signature, key.publicKey)).toBe(true);
        expect(verifyText(`${text}.`, signature, key.publicKey)).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  it('are bytes of any kind, or refused without an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), seed), fc.uint8Array({ minLength: 60, maxLength: 66 }), (raw, signature) => {
        const key = parseVerifyKey(encodeBase64(raw));
        expect(key === null).toBe(raw.length !== 32);
        expect(key !== null && verifyText('x', encodeBase64(signature), key)).toBe(false);
      }),
    );
  });
});

describe('base64', () => {
  it('round-trips in both alphabets', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase64(encodeBase64(bytes))).toEqual(Buffer.from(bytes));
        expect(decodeBase64(encodeBase64Url(bytes))).toEqual(Buffer.from(bytes));
        expect(encodeBase64(bytes)).not.toContain('=');
      }),
    );
  });
});

describe('signed JSON', () => {
  const key = signingKeyFromSeed(Buffer.alloc(32, 9), '1');
  const keyOf = () => key.publicKey;

  it('verifies, whatever the object', () => {
    fc.assert(
      fc.property(canonicalValue.filter(isJsonObject), (object) => {
        expect(verifyJson(signJson(object, { name: 'x', key }), 'x', keyOf).ok).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('never throws on junk in signatures', () => {
    fc.assert(
      fc.property(jsonValue, (signatures) => {
        expect(verifyJson({ signatures } as JsonObject, 'x', keyOf).ok).toBe(false);
      }),
    );
    fc.assert(
      fc.property(jsonValue, (own) => {
        expect(verifyJson({ signatures: { x: own } } as JsonObject, 'x', keyOf).ok).toBe(false);
      }),
    );
  });
});
