import { MatrixError } from '../errors/matrix-error.ts';
import { JSON_DEPTH_MAX } from './canonical-json.ts';
import type { JsonValue } from './json-value.ts';

export interface JsonLimits {
  /** Size of the UTF-8 text in bytes. */
  readonly maxBytes?: number;
  /** Levels of nested arrays and objects; `JSON_DEPTH_MAX` unless told. */
  readonly maxDepth?: number;
}

/**
 * Parses a body from outside. A `__proto__` key becomes an ordinary own member (it is covered by hashes, so it is kept):
 * copy such objects with spread or `Object.entries`, never by assigning to a computed key.
 *
 * Does not cover: repeated keys (the last one wins), and how a number was written (`1.0` is 1).
 *
 * @throws MatrixError `M_TOO_LARGE`, `M_NOT_JSON` (not UTF-8, not JSON) or `M_BAD_JSON` (too deep, lone surrogates)
 */
export function parseJsonStrict(input: string | Uint8Array, limits: JsonLimits = {}): JsonValue {
  const { maxBytes, maxDepth = JSON_DEPTH_MAX } = limits;
  if (maxBytes !== undefined && byteSize(input) > maxBytes) throw new MatrixError('M_TOO_LARGE', `Body is larger than ${maxBytes} bytes`);

  const text = typeof input === 'string' ? input : decodeUtf8(input);
  if (isDeeperThan(text, maxDepth)) throw new MatrixError('M_BAD_JSON', `JSON is nested deeper than ${maxDepth} levels`);

  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new MatrixError('M_NOT_JSON', 'Body is not JSON', { cause });
  }
  if (mayHoldLoneSurrogate(input, text) && !isWellFormed(value)) {
    throw new MatrixError('M_BAD_JSON', 'JSON contains a lone surrogate');
  }
  return value;
}

function byteSize(input: string | Uint8Array): number {
  return typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength;
}

/** `ignoreBOM` keeps a byte order mark in the text, where JSON.parse refuses it. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new MatrixError('M_NOT_JSON', 'Body is not UTF-8', { cause });
  }
}

/** Looks at brackets outside strings before anything is built. Says nothing useful about text that is not JSON; the parser does. */
function isDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // "
        i = endOfString(text, i);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxDepth) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
  }
  return false;
}

/** Index of the quotation mark that closes the string opened at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/** Decoded UTF-8 has no lone surrogates, so only an escape can make one. */
function mayHoldLoneSurrogate(input: string | Uint8Array, text: string): boolean {
  return (typeof input === 'string' && !text.isWellFormed()) || SURROGATE_ESCAPE.test(text);
}

function isWellFormed(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  return Object.keys(value).every((key) => key.isWellFormed() && isWellFormed(value[key]));
}
