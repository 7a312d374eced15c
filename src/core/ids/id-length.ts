/** Size limit of user ids, room ids, aliases and event ids, sigil and domain included (https://spec.matrix.org/v1.19/appendices/#identifier-grammar). */
export const ID_BYTES_MAX = 255;

/** Whether the UTF-8 form of `text` has at most `maxBytes` bytes. */
export function fitsBytes(text: string, maxBytes: number): boolean {
  // A UTF-16 unit takes one to three bytes, so most texts need no count.
  if (text.length * 3 <= maxBytes) return true;
  return text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes;
}
