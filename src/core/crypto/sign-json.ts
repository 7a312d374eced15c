import { canonicalJson } from '../json/canonical-json.ts';
import { isJsonObject, type JsonObject } from '../json/json-value.ts';
import { type SigningKey, signText, type VerifyKey, verifyText } from './ed25519.ts';

/** Signatures by one entity that are tried on one object. A longer list is refused rather than worked through. */
export const SIGNATURES_PER_ENTITY_MAX = 32;

export type Canonical = (value: JsonObject) => string;

/**
 * The object with one more signature; others', and `unsigned`, stay as they are.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#signing-details
 */
export function signJson<T extends JsonObject>(object: T, signer: { name: string; key: SigningKey }): T & { signatures: JsonObject } {
  return { ...object, signatures: addSignature(object['signatures'], signer, signText(signedText(object), signer.key)) };
}

/** A `signatures` object with one entry more. */
export function addSignature(signatures: unknown, signer: { name: string; key: SigningKey }, signature: string): JsonObject {
  const all = isJsonObject(signatures) ? signatures : {};
  const own = Object.hasOwn(all, signer.name) ? all[signer.name] : undefined;
  return { ...all, [signer.name]: { ...(isJsonObject(own) ? own : {}), [signer.key.keyId]: signature } };
}

/** What a signature covers: the canonical form without `signatures` and `unsigned`. */
export function signedText(object: JsonObject, canonical: Canonical = canonicalJson): string {
  const { signatures: _signatures, unsigned: _unsigned, ...covered } = object;
  return canonical(covered);
}

export type Verified = { ok: true; keyId: string } | { ok: false; reason: string };

/**
 * Whether the entity has signed the object: at least one signature by a key that `keyOf` knows, and no wrong one among those.
 * Signatures by other keys or algorithms are skipped. Which keys are valid at the time in question is for `keyOf` to say.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#checking-for-a-signature
 */
export function verifyJson(object: JsonObject, entity: string, keyOf: (keyId: string) => VerifyKey | undefined): Verified {
  return verifySignedText({ signatures: object['signatures'], text: () => signedText(object), entity, keyOf });
}

/** `verifyJson` for callers that have the covered text already, such as events, where it is made from the redacted form. */
export function verifySignedText(request: {
  signatures: unknown;
  text: () => string;
  entity: string;
  keyOf: (keyId: string) => VerifyKey | undefined;
}): Verified {
  const { signatures, entity, keyOf } = request;
  const own = isJsonObject(signatures) && Object.hasOwn(signatures, entity) ? signatures[entity] : undefined;
  if (!isJsonObject(own)) return { ok: false, reason: `no signatures by ${entity}` };

  const keyIds = Object.keys(own).filter((keyId) => keyId.startsWith('ed25519:'));
  if (keyIds.length > SIGNATURES_PER_ENTITY_MAX)
    return { ok: false, reason: `more than ${SIGNATURES_PER_ENTITY_MAX} signatures by ${entity}` };

  let text: string | undefined;
  let good: string | undefined;
  for (const keyId of keyIds) {
    const key = keyOf(keyId);
    if (key === undefined) continue;
    text ??= request.text();
    if (!verifyText(text, own[keyId], key)) return { ok: false, reason: `wrong signature by ${entity} with ${keyId}` };
    good = keyId;
  }
  return good === undefined ? { ok: false, reason: `no signature by a known key of ${entity}` } : { ok: true, keyId: good };
}
