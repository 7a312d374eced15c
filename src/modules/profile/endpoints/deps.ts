import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { UserId } from '../../../core/ids/brands.ts';
import type { JsonValue } from '../../../core/json/json-value.ts';
import { endpointFactory, type Requester } from '../../../plugin-api/endpoint.ts';
import { checkFieldName } from '../profile-field.ts';
import type { Profiles } from '../profiles.ts';

export interface ProfileDeps {
  readonly profiles: Profiles;
  /** Fields that only the server's administrators set. */
  readonly disallowed: ReadonlySet<string>;
  /** Runs the hooks, stores the field and tells everybody. `undefined` removes it. */
  readonly change: (userId: UserId, field: string, value: JsonValue | undefined) => Promise<void>;
}

export const defineEndpoint = endpointFactory<ProfileDeps>();

export const FIELD_PATH = '/_matrix/client/v3/profile/:userId/:keyName';
/** https://github.com/matrix-org/matrix-spec-proposals/pull/4133 */
export const FIELD_ALIASES = ['/_matrix/client/unstable/uk.tcpip.msc4133/profile/:userId/:keyName'];

/** Throws M_FORBIDDEN for other people's profiles, fields that are fixed here, and all but the name of a guest. */
export function checkMayChange(deps: ProfileDeps, requester: Requester, userId: UserId, field: string): void {
  if (requester.userId !== userId) throw new MatrixError('M_FORBIDDEN', "Other users' profiles can't be changed");
  checkFieldName(field);
  if (deps.disallowed.has(field)) throw new MatrixError('M_FORBIDDEN', `${field} can't be changed on this server`);
  if (requester.isGuest && field !== 'displayname') throw new MatrixError('M_FORBIDDEN', 'Guests can change their display name only');
}
