import { parseVerifyKey, type VerifyKey, verifyText } from '../crypto/ed25519.ts';
import { signedText } from '../crypto/sign-json.ts';
import { canonicalJsonOf } from '../events/event-hashes.ts';
import { CanonicalJsonError } from '../json/canonical-json.ts';
import { isJsonObject, type JsonObject } from '../json/json-value.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { type AuthState, membershipOf } from './auth-state.ts';
import type { MemberChange } from './member-change.ts';
import { ALLOWED, deny, type Verdict } from './verdict.ts';

/** Keys of one `m.room.third_party_invite` that are tried; real ones have two. */
export const THIRD_PARTY_KEYS_MAX = 16;
/** Signatures of one `signed` object that are tried; real ones have one. */
export const THIRD_PARTY_SIGNATURES_MAX = 16;

/**
 * Rule 4.4.1: an invite that redeems an earlier invitation to an e-mail address or phone number.
 *
 * @see https://spec.matrix.org/v1.19/rooms/v8#authorisation-rules
 * @see https://spec.matrix.org/v1.19/server-server-api/#verifying-the-invite
 */
export function authoriseThirdPartyInvite({ event, target }: MemberChange, state: AuthState, version: RoomVersion): Verdict {
  if (membershipOf(target, state) === 'ban') return deny('member.thirdParty.banned', 'The target is banned');

  const invite = event.content['third_party_invite'];
  const signed = isJsonObject(invite) ? invite['signed'] : undefined;
  if (!isJsonObject(signed)) return deny('member.thirdParty.noSigned', 'The third-party invite has no signed object');
  const { mxid, token } = signed;
  if (typeof mxid !== 'string' || typeof token !== 'string')
    return deny('member.thirdParty.fields', 'The signed object lacks mxid or token');
  if (mxid !== target) return deny('member.thirdParty.mxid', 'The signed object is about another user');

  const offer = state('m.room.third_party_invite', token);
  if (offer === undefined) return deny('member.thirdParty.unknownToken', 'The room holds no such third-party invite');
  if (offer.sender !== event.sender) return deny('member.thirdParty.sender', 'The sender did not make the third-party invite');
  return isSignedByOneOf(publicKeysOf(offer.content), signed, version)
    ? ALLOWED
    : deny('member.thirdParty.signature', 'No signature fits a key of the third-party invite');
}

function isSignedByOneOf(keys: readonly VerifyKey[], signed: JsonObject, version: RoomVersion): boolean {
  const signatures = signaturesOf(signed);
  let text: string;
  try {
    text = signedText(signed, canonicalJsonOf(version));
  } catch (error) {
    if (error instanceof CanonicalJsonError) return false;
    throw error;
  }
  return signatures.some((signature) => keys.some((key) => verifyText(text, signature, key)));
}

function publicKeysOf(content: JsonObject): VerifyKey[] {
  const list = Array.isArray(content['public_keys']) ? content['public_keys'] : [];
  const candidates = [content['public_key'], ...list.map((entry) => (isJsonObject(entry) ? entry['public_key'] : undefined))];
  return candidates
    .slice(0, THIRD_PARTY_KEYS_MAX)
    .map(parseVerifyKey)
    .filter((key) => key !== null);
}

/** Whoever made them and under whatever key id: only the key decides. */
function signaturesOf(signed: JsonObject): unknown[] {
  const byEntity = isJsonObject(signed['signatures']) ? Object.values(signed['signatures']) : [];
  const all: unknown[] = [];
  for (const byKey of byEntity) {
    if (!isJsonObject(byKey)) continue;
    for (const keyId of Object.keys(byKey)) {
      if (keyId.startsWith('ed25519:')) all.push(byKey[keyId]);
      if (all.length === THIRD_PARTY_SIGNATURES_MAX) return all;
    }
  }
  return all;
}
