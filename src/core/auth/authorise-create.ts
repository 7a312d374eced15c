import type { RoomEvent } from '../events/room-event.ts';
import { roomIdDomain } from '../ids/room-id.ts';
import { parseUserId, serverNameOf } from '../ids/user-id.ts';
import type { RoomVersion } from '../room-versions/room-version.ts';
import { roomVersion } from '../room-versions/room-versions.ts';
import { ALLOWED, deny, type Verdict } from './verdict.ts';

/**
 * Rule 1 of every version. It needs no state: a create event begins it.
 *
 * @see https://spec.matrix.org/v1.19/rooms/v1#authorisation-rules and https://spec.matrix.org/v1.19/rooms/v12#authorisation-rules
 */
export function authoriseCreate(event: RoomEvent, version: RoomVersion): Verdict {
  if (event.prevEvents.length > 0) return deny('create.prevEvents', 'A create event follows nothing');

  if (version.roomIds === 'createHash') {
    if (event.pdu.room_id !== undefined) return deny('create.roomId', 'The create event has a room id, which is made from its hash');
  } else if (roomIdDomain(event.roomId) !== serverNameOf(event.sender)) {
    return deny('create.domain', "The room id is not of the sender's server");
  }

  const named = event.content['room_version'];
  if (named !== undefined && roomVersion(named) === null) return deny('create.version', 'The room version is unknown');

  if (version.creator === 'content' && event.content['creator'] === undefined)
    return deny('create.creator', 'The create event has no creator');

  if (version.creatorsHaveInfinitePower) {
    const additional = event.content['additional_creators'];
    if (additional !== undefined && !isListOfUsers(additional)) {
      return deny('create.additionalCreators', 'additional_creators is not a list of user ids');
    }
  }
  return ALLOWED;
}

function isListOfUsers(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => parseUserId(entry) !== null);
}
