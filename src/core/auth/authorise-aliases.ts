import type { RoomEvent } from '../events/room-event.ts';
import { serverNameOf } from '../ids/user-id.ts';
import { ALLOWED, deny, type Verdict } from './verdict.ts';

/** Versions 1 to 5: a server's users may list that server's aliases, members or not (https://spec.matrix.org/v1.19/rooms/v1#authorisation-rules rule 4). */
export function authoriseAliases(event: RoomEvent): Verdict {
  if (event.stateKey === undefined) return deny('aliases.noStateKey', 'Aliases are state');
  if (serverNameOf(event.sender) !== event.stateKey) return deny('aliases.otherServer', "The state key is not the sender's server");
  return ALLOWED;
}
