import type { UserId } from '../../core/ids/brands.ts';
import { ALLOW, type Verdict } from '../../plugin-api/hooks.ts';
import type { AccountDataSlot } from '../../plugin-api/slots.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#minvite_permission_config */
const INVITE_PERMISSION_TYPE = 'm.invite_permission_config';

/** Users may refuse all invites. https://spec.matrix.org/v1.19/client-server-api/#invite-permission */
export async function checkInvitePermission(accountData: Pick<AccountDataSlot, 'get'>, invitee: UserId): Promise<Verdict> {
  const permission = await accountData.get({ userId: invitee, roomId: null, type: INVITE_PERMISSION_TYPE });
  if (permission?.['default_action'] !== 'block') return ALLOW;
  return { allow: false, errcode: 'M_INVITE_BLOCKED', reason: 'The user takes no invites' };
}
