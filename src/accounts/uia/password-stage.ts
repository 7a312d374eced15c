import { MatrixError } from '../../core/errors/matrix-error.ts';
import type { ServerName } from '../../core/ids/brands.ts';
import type { AccountsReader } from '../../storage/accounts/reader.ts';
import { loginOf } from '../login-identifier.ts';
import { loginUserId } from '../login-user-id.ts';
import type { PasswordCheck } from '../password-check.ts';
import type { UiaStage } from './uia-stage.ts';

/**
 * The caller's own password. Naming somebody else is refused before any password is looked at.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#password-based
 */
export function passwordStage(deps: { passwords: PasswordCheck; reader: AccountsReader; serverName: ServerName }): UiaStage {
  return {
    type: 'm.login.password',
    async check({ auth, userId }) {
      if (userId === null) return { ok: false, errcode: 'M_FORBIDDEN', error: 'Sign in first' };
      if (typeof auth.password !== 'string') return { ok: false, errcode: 'M_MISSING_PARAM', error: 'password is missing' };
      const names = auth.identifier !== undefined || auth.user !== undefined || auth.medium !== undefined;
      const login = names ? await loginOf(auth, deps.reader) : userId;
      const named = login === null ? null : loginUserId(login, deps.serverName);
      if (named?.toLowerCase() !== userId.toLowerCase()) {
        throw new MatrixError('M_FORBIDDEN', 'This is not the account that you are signed in to');
      }
      const proven = await deps.passwords.check(userId, auth.password);
      return proven === userId ? { ok: true } : { ok: false, errcode: 'M_FORBIDDEN', error: 'Wrong password' };
    },
  };
}
