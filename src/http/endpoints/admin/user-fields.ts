import type { JsonObject } from '../../../core/json/json-value.ts';
import type { ProfilePort } from '../../../plugin-api/ports.ts';
import type { AccountRow } from '../../../storage/accounts/rows.ts';

/** An account as the admin API shows it, in lists and alone. */
export async function userFields(account: AccountRow, profile: ProfilePort | null): Promise<JsonObject> {
  const shown = account.deactivatedTs === null ? ((await profile?.get(account.userId)) ?? {}) : {};
  return {
    name: account.userId,
    displayname: shown.displayname ?? null,
    avatar_url: shown.avatar_url ?? null,
    is_guest: account.isGuest,
    admin: account.isAdmin,
    deactivated: account.deactivatedTs !== null,
    erased: account.erased,
    locked: account.locked,
    suspended: account.suspended,
    appservice_id: account.appserviceId,
    user_type: null,
    creation_ts: account.createdTs,
  };
}
