import type { UserId } from '../../core/ids/brands.ts';
import { ALLOW } from '../../plugin-api/hooks.ts';
import { definePlugin } from '../../plugin-api/plugin.ts';
import { AccountData } from './account-data.ts';
import { accountDataStream } from './account-data-stream.ts';
import { carryOver } from './carry-over.ts';
import { checkInvitePermission } from './invite-permission.ts';
import { deleteAccountData, getAccountData, setAccountData } from './endpoints/account-data.ts';
import { deleteRoomAccountData, getRoomAccountData, setRoomAccountData } from './endpoints/room-account-data.ts';
import { deleteRoomTag, getRoomTags, setRoomTag } from './endpoints/tags.ts';
import { AccountDataStore } from './store.ts';

/** Account data, room tags and ignored users. https://spec.matrix.org/v1.19/client-server-api/#client-config */
export default definePlugin({
  name: 'account-data',
  api: 1,
  setup(host) {
    const store = new AccountDataStore(host.db);
    const accountData = new AccountData({
      store,
      commits: host.commits,
      onChanged: (happening) => host.emit('accountDataChanged', happening),
    });
    host.provide('accountData', accountData);
    host.provide('ignoredUsers', accountData);
    host.stream(accountDataStream(accountData, store));
    host.endpoints(
      [
        setAccountData,
        getAccountData,
        deleteAccountData,
        setRoomAccountData,
        getRoomAccountData,
        deleteRoomAccountData,
        getRoomTags,
        setRoomTag,
        deleteRoomTag,
      ],
      { accountData, pushRules: async (userId: UserId) => (await host.slot('pushRules')?.rulesContent(userId)) ?? null },
    );
    host.unstableFeature('org.matrix.msc3391');
    host.hook('checkInvite', ({ invitee }) => (host.users.isLocal(invitee) ? checkInvitePermission(accountData, invitee) : ALLOW));
    host.on('roomFollowed', (happening) => carryOver(accountData, happening));
    host.on('userDeactivated', ({ userId }) => store.deleteAll(userId));
    host.onStart(async () => accountData.start());
  },
});
