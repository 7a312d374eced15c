import type { DeviceId } from './brands.ts';
import { fitsBytes, ID_BYTES_MAX } from './id-length.ts';
import { isOpaque } from './sigil-id.ts';

/** Device ids are opaque strings that clients may choose; they must be storable and not endless (https://spec.matrix.org/v1.19/client-server-api/#relationship-between-access-tokens-and-devices). */
export function parseDeviceId(raw: unknown): DeviceId | null {
  return typeof raw === 'string' && raw !== '' && fitsBytes(raw, ID_BYTES_MAX) && isOpaque(raw) ? (raw as DeviceId) : null;
}
