export interface KeyId {
  readonly algorithm: string;
  readonly version: string;
}

const KEY_ID = /^([a-z0-9_]+):([A-Za-z0-9_+/=.-]+)$/;

/**
 * A signing key identifier `algorithm:version`. Servers' keys have versions of letters, digits and `_`; the wider set lets
 * identity servers' and devices' keys through, whose versions are device ids or unpadded base64.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#signing-details
 */
export function parseKeyId(raw: unknown): KeyId | null {
  if (typeof raw !== 'string') return null;
  const match = KEY_ID.exec(raw);
  return match === null ? null : { algorithm: match[1] as string, version: match[2] as string };
}
