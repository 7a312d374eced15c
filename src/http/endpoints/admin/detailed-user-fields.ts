import type { JsonObject } from '../../../core/json/json-value.ts';
import type { AccountRow } from '../../../storage/accounts/rows.ts';
import type { AdminEndpointDeps } from './admin-endpoint.ts';
import { userFields } from './user-fields.ts';

/** `userFields` and the third-party ids. */
export async function detailedUserFields(deps: AdminEndpointDeps, account: AccountRow): Promise<JsonObject> {
  const threepids = await deps.accounts.reader.threepids(account.userId);
  return {
    ...(await userFields(account, deps.profile())),
    threepids: threepids.map(({ medium, address, addedTs, validatedTs }) => ({
      medium,
      address,
      added_at: addedTs,
      validated_at: validatedTs,
    })),
    external_ids: [],
  };
}
