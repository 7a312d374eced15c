import { walk } from 'canonical-json';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, canonicalJsonLax, compareCodePoints } from '../../src/core/json/canonical-json.ts';
import type { JsonValue } from '../../src/core/json/json-value.ts';
import { parseJsonStrict } from '../../src/core/json/parse-json-strict.ts';
import { canonicalValue, jsonValue } from '../support/arbitrary-json.ts';

/** An independent order: compares the code points themselves. */
function byCodePoint(a: string, b: string): number {
  const x = [...a].map((c) => c.codePointAt(0) as number);
  const y = [...b].map((c) => c.codePointAt(0) as number);
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return (x[i] as number) - (y[i] as number);
  return x.length - y.length;
}

function oracle(value: JsonValue): string {
  let text = '';
  walk(value, (chunk) => (text += chunk), byCodePoint);
  return text;
}

/** What a function answers, or the errcode that it throws. */
function outcome<T>(run: () => T): { value: T } | { errcode: string | undefined } {
  try {
    return { value: run() };
  } catch (error) {
    return { errcode: (error as { errcode?: string }).errcode };
  }
}

describe('canonical JSON', () => {
  it('agrees with an independent implementation', () => {
    fc.assert(
      fc.property(canonicalValue, (value) => {
        expect(canonicalJson(value)).toBe(oracle(value));
      }),
    );
  });

  it('round-trips', () => {
    fc.assert(
      fc.property(canonicalValue, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(text);
        expect(parseJsonStrict(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(parseJsonStrict(Buffer.from(text))).toEqual(parseJsonStrict(text));
      }),
    );
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), canonicalValue), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(object));
      }),
    );
  });

  it('equals the lax form wherever it exists', () => {
    fc.assert(
      fc.property(canonicalValue, (value) => {
        expect(canonicalJsonLax(value)).toBe(canonicalJson(value));
      }),
    );
  });

  it('orders keys as code points', () => {
    const text = fc.string({ unit: 'binary', maxLength: 5 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(byCodePoint(a, b)));
      }),
    );
  });

  it('writes or refuses with its own error, whatever it is given', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as JsonValue;
        expect([{ value: plain }, { errcode: 'M_BAD_JSON' }]).toContainEqual(outcome(() => JSON.parse(canonicalJson(value)) as JsonValue));
      }),
    );
  });
});

describe('strict parsing', () => {
  it('answers what JSON.parse answers, or refuses', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      jsonValue.map((value) => JSON.stringify(value)),
      fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', ':', ',', '1') }),
    );
    fc.assert(
      fc.property(text, (input) => {
        const plain = outcome(() => JSON.parse(input) as JsonValue);
        const refused = [{ errcode: 'M_NOT_JSON' }, { errcode: 'M_BAD_JSON' }];
        expect('value' in plain ? [plain, ...refused] : refused).toContainEqual(outcome(() => parseJsonStrict(input)));
      }),
    );
  });

  it('counts depth like a walk over the value', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(jsonValue, (value) => {
        const text = JSON.stringify(value);
        const depth = depthOf(JSON.parse(text));
        const tooDeep = (maxDepth: number) => {
          try {
            parseJsonStrict(text, { maxDepth });
            return false;
          } catch (error) {
            return (error as Error).message.includes('deeper');
          }
        };
        expect(tooDeep(depth)).toBe(false);
        expect(tooDeep(depth - 1)).toBe(depth > 0);
      }),
    );
  });

  it('never throws anything else on bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const result = outcome(() => parseJsonStrict(bytes));
        expect('value' in result || result.errcode === 'M_NOT_JSON' || result.errcode === 'M_BAD_JSON').toBe(true);
      }),
    );
  });
});
