import { fitsBytes, ID_BYTES_MAX } from './id-length.ts';
import { parseServerName } from './server-name.ts';

/**
 * The common identifier format `&localpart:domain`: a localpart of any Unicode scalars but `:` and NUL, a valid server
 * name, at most 255 bytes.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#common-identifier-format
 */
export function isSigilId(raw: unknown, sigil: '@' | '!' | '$' | '#'): raw is string {
  if (typeof raw !== 'string' || raw[0] !== sigil || !fitsBytes(raw, ID_BYTES_MAX)) return false;
  const colon = raw.indexOf(':');
  return colon !== -1 && isOpaque(raw) && parseServerName(raw.slice(colon + 1)) !== null;
}

/** No NUL and no lone surrogates: what every identifier must fulfil, with or without a domain. */
export function isOpaque(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
