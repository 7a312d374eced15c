import { MatrixError } from '../errors/matrix-error.ts';
import type { JsonValue } from './json-value.ts';

/** Levels of nesting that a value may have. The recursion below, and every peer's parser, needs some bound. */
export const JSON_DEPTH_MAX = 128;

/** The value has no canonical form. The room versions that enforce it answer `M_BAD_JSON` (https://spec.matrix.org/v1.19/rooms/v6#canonical-json). */
export class CanonicalJsonError extends MatrixError {
  constructor(reason: string) {
    super('M_BAD_JSON', `Not canonical JSON: ${reason}`);
    this.name = 'CanonicalJsonError';
  }
}

/**
 * The one text that is hashed and signed: no white space, keys by code point, integers within ±(2^53−1).
 * Members that are `undefined` are left out.
 *
 * `-0`, `1.0` and `1e10` cannot be told from `0`, `1` and `10000000000` once parsed; they are written as integers.
 *
 * @throws CanonicalJsonError for other numbers, lone surrogates, or nesting beyond `JSON_DEPTH_MAX`
 * @see https://spec.matrix.org/v1.19/appendices/#canonical-json
 */
export function canonicalJson(value: JsonValue): string {
  return write(value, JSON_DEPTH_MAX, true);
}

/**
 * For room versions 1 to 5, which must not enforce the number rules: any finite number is written in its shortest decimal
 * form. Integers beyond 2^53 have already lost digits when they were parsed, so hashes over them may not match their author's.
 *
 * @see https://spec.matrix.org/v1.19/rooms/v1#canonical-json
 */
export function canonicalJsonLax(value: JsonValue): string {
  return write(value, JSON_DEPTH_MAX, false);
}

function write(value: JsonValue | undefined, depthLeft: number, strict: boolean): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return writeNumber(value, strict);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depthLeft === 0) throw new CanonicalJsonError(`nested deeper than ${JSON_DEPTH_MAX} levels`);
      return Array.isArray(value) ? writeArray(value, depthLeft - 1, strict) : writeObject(value, depthLeft - 1, strict);
    default:
      throw new CanonicalJsonError(`a value of type ${typeof value}`);
  }
}

function writeObject(object: { [key: string]: JsonValue | undefined }, depthLeft: number, strict: boolean): string {
  const keys = Object.keys(object);
  if (keys.length > 1) sortByCodePoint(keys);
  let text = '{';
  for (const key of keys) {
    const member = object[key];
    if (member === undefined) continue;
    if (text.length > 1) text += ',';
    text += `${quote(key)}:${write(member, depthLeft, strict)}`;
  }
  return `${text}}`;
}

function writeArray(array: readonly JsonValue[], depthLeft: number, strict: boolean): string {
  let text = '[';
  for (let i = 0; i < array.length; i++) {
    if (i > 0) text += ',';
    text += write(array[i], depthLeft, strict);
  }
  return `${text}]`;
}

function writeNumber(value: number, strict: boolean): string {
  if (Number.isSafeInteger(value)) return String(value);
  if (strict) throw new CanonicalJsonError(`the number ${value}`);
  if (!Number.isFinite(value)) throw new CanonicalJsonError('a number that is not finite');
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

const NEEDS_CARE = /[\u0000-\u001f"\\\ud800-\udfff]/;

function quote(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new CanonicalJsonError('a string with a lone surrogate');
  // JSON.stringify makes exactly the escapes of the grammar: two-character ones where they exist, lower-case \u00xx elsewhere.
  return JSON.stringify(text);
}

const BEYOND_SURROGATES = /[\ud800-\uffff]/;

/** Order of UTF-16 units and of code points differ only when a surrogate meets U+E000–U+FFFF. */
function sortByCodePoint(keys: string[]): void {
  keys.sort();
  for (const key of keys) {
    if (BEYOND_SURROGATES.test(key)) {
      keys.sort(compareCodePoints);
      return;
    }
  }
}

/** Negative, zero or positive, like a comparator of `Array.prototype.sort`. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF, so at the first difference they rank above every other unit. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
