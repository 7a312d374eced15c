import type { Denied } from '../../core/auth/verdict.ts';
import { MatrixError } from '../../core/errors/matrix-error.ts';

/** Rules that refuse what an event says, in every room and whoever sends it; the others refuse the sender. */
const RULES_ON_CONTENT: ReadonlySet<string> = new Set([
  'aliases.noStateKey',
  'create.additionalCreators',
  'create.creator',
  'create.version',
  'member.authoriser',
  'member.noMembership',
  'member.noStateKey',
  'member.unknown',
  'powerLevels.creator',
  'powerLevels.integer',
  'powerLevels.table',
  'powerLevels.users',
]);

/**
 * What a client is told about an event of its own that the authorisation rules refuse: that it is malformed, or that it is not allowed.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
 */
export function refusalOf({ rule, reason }: Denied): MatrixError {
  return new MatrixError(RULES_ON_CONTENT.has(rule) ? 'M_BAD_JSON' : 'M_FORBIDDEN', reason);
}
