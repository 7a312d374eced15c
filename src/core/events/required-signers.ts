import type { ServerName } from '../ids/brands.ts';
import { eventIdDomain } from '../ids/event-id.ts';
import { parseUserId, serverNameOf } from '../ids/user-id.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import type { Pdu } from './pdu.ts';

/**
 * The servers that must have signed the event:
 * - the sender's, except for an invite that a third-party invite vouches for, which the invited user's server may send;
 * - the one in its `event_id`, in versions 1 and 2;
 * - since version 8, the one of the user whose invite power a restricted join borrows.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#validating-hashes-and-signatures-on-received-events
 * @see https://spec.matrix.org/v1.19/rooms/v8#authorisation-rules rule 4.2
 */
export function requiredSigners(pdu: Pdu, version: RoomVersion): ServerName[] {
  const signers = new Set<string>();
  const sender = parseUserId(pdu.sender);
  if (sender !== null && !isThirdPartyInvite(pdu)) signers.add(serverNameOf(sender));

  const idDomain = version.eventIdServerSigns && typeof pdu.event_id === 'string' ? eventIdDomain(pdu.event_id) : null;
  if (idDomain !== null) signers.add(idDomain);

  const authoriser =
    version.restrictedJoins && pdu.type === 'm.room.member' ? parseUserId(pdu.content['join_authorised_via_users_server']) : null;
  if (authoriser !== null) signers.add(serverNameOf(authoriser));
  return [...signers] as ServerName[];
}

/** Such an invite stands or falls by the signature inside it, which the authorisation rules check. */
function isThirdPartyInvite(pdu: Pdu): boolean {
  return (
    pdu.type === 'm.room.member' &&
    isJsonObject(pdu.content) &&
    pdu.content['membership'] === 'invite' &&
    pdu.content['third_party_invite'] !== undefined
  );
}
