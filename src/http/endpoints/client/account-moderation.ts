import { type AccountsService, requireAccount } from '../../../accounts/accounts-service.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { UserId } from '../../../core/ids/brands.ts';
import type { Requester } from '../../../plugin-api/endpoint.ts';
import type { AccountRow } from '../../../storage/accounts/rows.ts';

/** A local account that is in use; `M_INVALID_PARAM` for other servers' users, `M_NOT_FOUND` for unknown and deactivated ones. */
export async function moderatedAccount(accounts: AccountsService, userId: UserId): Promise<AccountRow> {
  if (!accounts.isLocal(userId)) throw new MatrixError('M_INVALID_PARAM', 'The user belongs to another server');
  const account = await requireAccount(accounts, userId);
  if (account.deactivatedTs !== null) throw new MatrixError('M_NOT_FOUND', 'The account has been deactivated');
  return account;
}

/** Administrators moderate neither themselves nor each other. */
export async function accountToModerate(accounts: AccountsService, requester: Requester, userId: UserId): Promise<void> {
  if (requester.userId === userId) throw new MatrixError('M_FORBIDDEN', 'You cannot do this to your own account');
  const account = await moderatedAccount(accounts, userId);
  if (account.isAdmin) throw new MatrixError('M_FORBIDDEN', 'You cannot do this to another administrator');
}
