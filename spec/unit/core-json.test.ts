import { describe, expect, it } from 'vitest';
import {
  CanonicalJsonError,
  canonicalJson,
  canonicalJsonLax,
  compareCodePoints,
  JSON_DEPTH_MAX,
} from '../../src/core/json/canonical-json.ts';
import type { JsonValue } from '../../src/core/json/json-value.ts';
import { isJsonObject } from '../../src/core/json/json-value.ts';
import { parseJsonStrict } from '../../src/core/json/parse-json-strict.ts';

const refusal = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return (error as { errcode?: string }).errcode;
  }
  return undefined;
};

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('canonical JSON', () => {
  // https://spec.matrix.org/v1.19/appendices/#examples
  it.each([
    ['{}', '{}'],
    ['{ "one": 1, "two": "Two" }', '{"one":1,"two":"Two"}'],
    ['{ "b": "2", "a": "1" }', '{"a":"1","b":"2"}'],
    ['{"b":"2","a":"1"}', '{"a":"1","b":"2"}'],
    [
      '{"auth":{"success":true,"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"medium":"email","address":"john.doe@example.org"},{"medium":"msisdn","address":"123456789"}]}}}',
      '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}',
    ],
    ['{"a":"日本語"}', '{"a":"日本語"}'],
    ['{"本":2,"日":1}', '{"日":1,"本":2}'],
    ['{"a":"\\u65E5"}', '{"a":"日"}'],
    ['{"a":null}', '{"a":null}'],
    ['{"a":-0,"b":1e10}', '{"a":0,"b":10000000000}'],
  ])('writes the example %s', (input, expected) => {
    expect(canonicalJson(JSON.parse(input) as JsonValue)).toBe(expected);
  });

  it.each<[string, JsonValue, string]>([
    ['integer-like keys by code point', { 10: 1, 9: 2, 1: 3 }, '{"1":3,"10":1,"9":2}'],
    ['keys beyond U+FFFF after all others', { '\u{1f600}': 1, '\uff5e': 2, a: 3 }, '{"a":3,"\uff5e":2,"\u{1f600}":1}'],
    ['an own __proto__ member', JSON.parse('{"__proto__":{"x":1},"a":2}') as JsonValue, '{"__proto__":{"x":1},"a":2}'],
    ['control characters by the short escapes', '\b\t\n\f\r"\\', '"\\b\\t\\n\\f\\r\\"\\\\"'],
    ['other control characters in lower-case hexadecimal', '\u0000\u001f\u007f', '"\\u0000\\u001f\u007f"'],
    ['members that are undefined as absent', { a: undefined, b: 1, c: undefined }, '{"b":1}'],
    ['arrays in their order', [2, 1, [], {}], '[2,1,[],{}]'],
    ['booleans', { t: true, f: false }, '{"f":false,"t":true}'],
    ['the largest integer', Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['the smallest integer', Number.MIN_SAFE_INTEGER, '-9007199254740991'],
    ['surrogate pairs', '\u{1f600}', '"\u{1f600}"'],
  ])('writes %s', (_name, value, expected) => {
    expect(canonicalJson(value)).toBe(expected);
  });

  it.each<[string, JsonValue]>([
    ['a float', 1.5],
    ['an integer above the range', 2 ** 53],
    ['an integer below the range', -(2 ** 53)],
    ['infinity', Infinity],
    ['not a number', NaN],
    ['a lone surrogate in a value', '\ud800'],
    ['a lone surrogate in a key', { '\udc00': 1 }],
    ['undefined in an array', [undefined as unknown as JsonValue]],
    ['a function', (() => 1) as unknown as JsonValue],
  ])('refuses %s', (_name, value) => {
    expect(() => canonicalJson({ value })).toThrow(CanonicalJsonError);
    expect(refusal(() => canonicalJson({ value }))).toBe('M_BAD_JSON');
  });

  it('says what is wrong', () => {
    expect(() => canonicalJson([1.5])).toThrow('Not canonical JSON: the number 1.5');
    expect(() => canonicalJson(['\ud800'])).toThrow('Not canonical JSON: a string with a lone surrogate');
    expect(() => canonicalJson(JSON.parse(nested(JSON_DEPTH_MAX + 1)) as JsonValue)).toThrow(/nested deeper than 128 levels/);
    expect(() => canonicalJson([undefined as unknown as JsonValue])).toThrow(/of type undefined/);
  });

  it('takes as many levels as the limit, of arrays and objects', () => {
    expect(canonicalJson(JSON.parse(nested(JSON_DEPTH_MAX)) as JsonValue)).toBe(nested(JSON_DEPTH_MAX));
    const object = '{"a":'.repeat(JSON_DEPTH_MAX) + '1' + '}'.repeat(JSON_DEPTH_MAX);
    expect(canonicalJson(JSON.parse(object) as JsonValue)).toBe(object);
    expect(() => canonicalJson({ a: JSON.parse(object) as JsonValue })).toThrow(CanonicalJsonError);
  });

  it('lets the old room versions keep other numbers', () => {
    expect(canonicalJsonLax({ b: 1.5, a: 1e20, c: 2 ** 53, d: 1e21 })).toBe(
      '{"a":100000000000000000000,"b":1.5,"c":9007199254740992,"d":1000000000000000000000}',
    );
    expect(() => canonicalJsonLax([Infinity])).toThrow(/not finite/);
    expect(() => canonicalJsonLax(['\ud800'])).toThrow(CanonicalJsonError);
  });
});

describe('order of code points', () => {
  it.each([
    ['a', 'b', -1],
    ['b', 'a', 1],
    ['a', 'a', 0],
    ['a', 'aa', -1],
    ['\u{10000}', '\uffff', 1],
    ['\uffff', '\u{10000}', -1],
    ['\ud7ff', '\ue000', -1],
    ['\u{1f600}', '\u{1f601}', -1],
    ['\udfff', '\ue000', 1],
  ])('compares %j with %j', (a, b, sign) => {
    expect(Math.sign(compareCodePoints(a, b))).toBe(sign);
  });
});

describe('strict parsing', () => {
  it('parses text and bytes', () => {
    expect(parseJsonStrict('{"a":[1,"ü"]}')).toEqual({ a: [1, 'ü'] });
    expect(parseJsonStrict(Buffer.from('{"a":[1,"ü"]}'))).toEqual({ a: [1, 'ü'] });
    expect(parseJsonStrict(new Uint8Array(Buffer.from('"\u{1f600}"')))).toBe('\u{1f600}');
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{}'],
    ['an open string', '"abc'],
    ['an open string that ends in a backslash', '["abc\\"'],
    ['two values', '1 2'],
  ])('refuses %s', (_name, text) => {
    expect(refusal(() => parseJsonStrict(text))).toBe('M_NOT_JSON');
    expect(refusal(() => parseJsonStrict(Buffer.from(text)))).toBe('M_NOT_JSON');
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(refusal(() => parseJsonStrict(Buffer.from([0x22, 0xff, 0x22])))).toBe('M_NOT_JSON');
    expect(refusal(() => parseJsonStrict(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])))).toBe('M_NOT_JSON');
  });

  it.each(['"\\ud800"', '{"\\uDFFF":1}', '[{"a":["\\udC00\\ud800"]}]', '"\ud800"'])('refuses the lone surrogate in %j', (text) => {
    expect(refusal(() => parseJsonStrict(text))).toBe('M_BAD_JSON');
  });

  it('takes escaped pairs and escaped backslashes', () => {
    expect(parseJsonStrict('{"a":"\\ud83d\\ude00","b":[null,1,true]}')).toEqual({ a: '\u{1f600}', b: [null, 1, true] });
    expect(parseJsonStrict('"\\\\ud800"')).toBe('\\ud800');
  });

  it('limits depth, and does not count brackets in strings', () => {
    expect(parseJsonStrict('[[1]]', { maxDepth: 2 })).toEqual([[1]]);
    expect(refusal(() => parseJsonStrict('[[[1]]]', { maxDepth: 2 }))).toBe('M_BAD_JSON');
    expect(refusal(() => parseJsonStrict('{"a":{"b":{}}}', { maxDepth: 2 }))).toBe('M_BAD_JSON');
    expect(parseJsonStrict('["[[[", "\\"[[[", "\\\\", "{{{"]', { maxDepth: 1 })).toEqual(['[[[', '"[[[', '\\', '{{{']);
    expect(parseJsonStrict('[[],[],{},{}]', { maxDepth: 2 })).toEqual([[], [], {}, {}]);
    expect(refusal(() => parseJsonStrict('["\\\\",[[1]]]', { maxDepth: 2 }))).toBe('M_BAD_JSON');
    expect(parseJsonStrict(nested(JSON_DEPTH_MAX))).toBeDefined();
    expect(refusal(() => parseJsonStrict(nested(JSON_DEPTH_MAX + 1)))).toBe('M_BAD_JSON');
    expect(refusal(() => parseJsonStrict('['.repeat(5_000_000)))).toBe('M_BAD_JSON');
  });

  it('limits size in bytes', () => {
    expect(parseJsonStrict('"é"', { maxBytes: 4 })).toBe('é');
    expect(refusal(() => parseJsonStrict('"é"', { maxBytes: 3 }))).toBe('M_TOO_LARGE');
    expect(refusal(() => parseJsonStrict(Buffer.from('"é"'), { maxBytes: 3 }))).toBe('M_TOO_LARGE');
  });

  it('keeps __proto__ as data', () => {
    const value = parseJsonStrict('{"__proto__":{"admin":true}}') as object;
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect((value as { admin?: unknown }).admin).toBeUndefined();
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });
});

describe('isJsonObject', () => {
  it('tells objects from arrays and null', () => {
    expect(isJsonObject({})).toBe(true);
    expect([[], null, 'a', 1, undefined].some(isJsonObject)).toBe(false);
  });
});
