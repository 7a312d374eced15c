import { hash } from 'node:crypto';

/** SHA-256 of a text's UTF-8 form, or of bytes. */
export function sha256(data: string | Uint8Array): Buffer {
  return hash('sha256', data, 'buffer');
}
