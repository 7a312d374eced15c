import { type Static, Type } from 'typebox';
import { requireAccount } from '../../../accounts/accounts-service.ts';
import { MatrixError } from '../../../core/errors/matrix-error.ts';
import type { UserId } from '../../../core/ids/brands.ts';
import { localpartOf } from '../../../core/ids/user-id.ts';
import { type Requester, reply } from '../../../plugin-api/endpoint.ts';
import type { AccountRow } from '../../../storage/accounts/rows.ts';
import { type AdminEndpointDeps, adminEndpoint } from './admin-endpoint.ts';
import { detailedUserFields } from './detailed-user-fields.ts';

const Body = Type.Object({
  password: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  logout_devices: Type.Optional(Type.Boolean()),
  admin: Type.Optional(Type.Boolean()),
  deactivated: Type.Optional(Type.Boolean()),
  locked: Type.Optional(Type.Boolean()),
  suspended: Type.Optional(Type.Boolean()),
});

/** Makes an account (201) or changes one (200). Profiles are changed with the profile endpoints. */
export const adminPutUser = adminEndpoint({
  method: 'PUT',
  path: '/_synapse/admin/v2/users/:userId',
  auth: 'admin',
  body: Body,
  handler: async ({ deps, params, body, requester }) => {
    const { accounts } = deps;
    const { userId } = params;
    if (!accounts.isLocal(userId)) throw new MatrixError('M_INVALID_PARAM', 'The user belongs to another server');
    const existing = await accounts.account(userId);
    if (existing === null) {
      await createAccount(deps, userId, body);
      return reply({ status: 201, body: await detailedUserFields(deps, await requireAccount(accounts, userId)) });
    }
    await changeAccount(deps, { account: existing, body, requester });
    return detailedUserFields(deps, await requireAccount(accounts, userId));
  },
});

async function createAccount(deps: AdminEndpointDeps, userId: UserId, body: Static<typeof Body>): Promise<void> {
  const { accounts } = deps;
  await accounts.registration.createAccount({
    username: localpartOf(userId),
    password: body.password ?? null,
    isAdmin: body.admin ?? false,
  });
  await accounts.setFlags(userId, flagsOf(body));
}

async function changeAccount(
  deps: AdminEndpointDeps,
  { account, body, requester }: { account: AccountRow; body: Static<typeof Body>; requester: Requester },
): Promise<void> {
  const { accounts } = deps;
  const { userId } = account;
  const own = userId === requester.userId;
  if (own && (body.admin === false || body.locked === true || body.deactivated === true)) {
    throw new MatrixError('M_UNKNOWN', 'You may not take your own rights away');
  }
  const wasDeactivated = account.deactivatedTs !== null;
  if (body.deactivated === true && !wasDeactivated) {
    await accounts.deactivate(userId, { erase: false });
    return;
  }
  if (body.deactivated === false && wasDeactivated) await accounts.reactivate(userId, null);
  await accounts.setFlags(userId, { ...flagsOf(body), ...(body.admin === undefined ? {} : { isAdmin: body.admin }) });
  if (body.password !== undefined) {
    await accounts.setPassword(userId, body.password);
    if (body.logout_devices !== false) {
      await accounts.deviceRegistry.deleteAll(userId, own ? requester : { deviceId: null, tokenId: null });
    }
  }
}

function flagsOf(body: Static<typeof Body>): { locked?: boolean; suspended?: boolean } {
  return {
    ...(body.locked === undefined ? {} : { locked: body.locked }),
    ...(body.suspended === undefined ? {} : { suspended: body.suspended }),
  };
}
