import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/core/json/json-value.ts';

const key = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '10', '9', '\uff5e', '\u{1f600}'),
);

/** Members are defined, not assigned, so that `__proto__` is one like any other. */
function objectOf(value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> {
  return fc.array(fc.tuple(key, value), { maxLength: 5 }).map((entries) => Object.fromEntries(entries));
}

function tree(leaf: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonValue> {
  return fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, fc.array(tie('value'), { maxLength: 4 }), objectOf(tie('value'))),
  })).value;
}

const scalar = fc.oneof(fc.constant(null), fc.boolean(), fc.string({ unit: 'binary', maxLength: 8 }));

/** Values that have a canonical form: integers in range, well-formed strings. */
export const canonicalValue: fc.Arbitrary<JsonValue> = tree(
  fc.oneof(
    scalar,
    fc.maxSafeInteger().map((n) => n + 0),
  ),
);

/** Anything that JSON.parse can answer. */
export const jsonValue: fc.Arbitrary<JsonValue> = tree(
  fc.oneof(
    scalar,
    fc.maxSafeInteger().map((n) => n + 0),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    fc.constantFrom('\ud800', 'a\udfff'),
  ),
);
