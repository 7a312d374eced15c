import { ACCOUNT_DATA_BYTES_MAX, checkOwner, checkSettable, defineEndpoint, found } from './deps.ts';

const path = '/_matrix/client/v3/user/:userId/account_data/:type';

/** https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridaccount_datatype */
export const setAccountData = defineEndpoint({
  method: 'PUT',
  path,
  auth: 'user',
  body: 'json',
  bodyLimit: ACCOUNT_DATA_BYTES_MAX,
  whileSuspended: true,
  handler: async ({ deps, requester, params: { userId, type }, body }) => {
    checkOwner(requester, userId);
    checkSettable(type);
    await deps.accountData.set({ userId, roomId: null, type }, body);
    return {};
  },
});

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridaccount_datatype */
export const getAccountData = defineEndpoint({
  method: 'GET',
  path,
  auth: 'user',
  handler: async ({ deps, requester, params: { userId, type } }) => {
    checkOwner(requester, userId);
    if (type === 'm.push_rules') return found(await deps.pushRules(userId));
    return found(await deps.accountData.get({ userId, roomId: null, type }));
  },
});

/** https://github.com/matrix-org/matrix-spec-proposals/pull/3391 */
export const deleteAccountData = defineEndpoint({
  method: 'DELETE',
  path: '/_matrix/client/unstable/org.matrix.msc3391/user/:userId/account_data/:type',
  auth: 'user',
  handler: async ({ deps, requester, params: { userId, type } }) => {
    checkOwner(requester, userId);
    checkSettable(type);
    await deps.accountData.delete({ userId, roomId: null, type });
    return {};
  },
});
