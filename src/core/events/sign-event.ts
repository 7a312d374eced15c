import type { SigningKey, VerifyKey } from '../crypto/ed25519.ts';
import { signText } from '../crypto/ed25519.ts';
import { addSignature, type Verified, verifySignedText } from '../crypto/sign-json.ts';
import type { ServerName } from '../ids/brands.ts';
import type { JsonObject } from '../json/json-value.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { contentHash, essentialText } from './event-hashes.ts';
import type { Pdu } from './pdu.ts';

export interface EventSigner {
  readonly name: ServerName;
  readonly key: SigningKey;
}

/**
 * The event with one more signature, made over its redacted form. It must carry its content hash already.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#signing-events
 */
export function signEvent<T extends JsonObject>(pdu: T, version: RoomVersion, signer: EventSigner): T {
  return { ...pdu, signatures: addSignature(pdu['signatures'], signer, signText(essentialText(pdu, version), signer.key)) };
}

/** The event with its content hash and a signature. */
export function hashAndSignEvent<T extends JsonObject>(
  pdu: T,
  version: RoomVersion,
  signer: EventSigner,
): T & Pick<Pdu, 'hashes' | 'signatures'> {
  const hashed = { ...pdu, hashes: { sha256: contentHash(pdu, version) } };
  return signEvent(hashed, version, signer) as T & Pick<Pdu, 'hashes' | 'signatures'>;
}

/**
 * Whether `server` has signed the event; works on the full event and on its redacted form alike.
 * Which servers must have is `requiredSigners`; which keys count at the event's time is for `keyOf` to say.
 */
export function verifyEventSignature(
  pdu: JsonObject,
  version: RoomVersion,
  server: ServerName,
  keyOf: (keyId: string) => VerifyKey | undefined,
): Verified {
  return verifySignedText({ signatures: pdu['signatures'], text: () => essentialText(pdu, version), entity: server, keyOf });
}
