/**
 * Base64 without padding, standard alphabet: how Matrix writes binary data in JSON.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#unpadded-base64
 */
export function encodeBase64(bytes: Uint8Array): string {
  return stripPadding(asBuffer(bytes).toString('base64'));
}

/** URL-safe alphabet: event ids since room version 4, room ids since 12 (https://spec.matrix.org/v1.19/appendices/#url-safe-unpadded-base64). */
export function encodeBase64Url(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64url');
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Decodes either alphabet, with or without padding; null for anything else. Stray bits of the last character are ignored. */
export function decodeBase64(text: unknown): Buffer | null {
  if (typeof text !== 'string' || !BASE64.test(text)) return null;
  const digits = stripPadding(text);
  // One digit alone holds six bits: not a byte.
  return digits.length % 4 === 1 ? null : Buffer.from(digits, 'base64');
}

function stripPadding(text: string): string {
  const padding = text.indexOf('=');
  return padding === -1 ? text : text.slice(0, padding);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
