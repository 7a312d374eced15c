import { definePlugin } from '../../plugin-api/plugin.ts';
import { leaveRooms } from './leave-rooms.ts';
import { deactivatedWithRooms } from './store.ts';

/**
 * Deactivated users leave all rooms.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountdeactivate
 */
export default definePlugin({
  name: 'deactivation',
  api: 1,
  setup(host) {
    host.on('userDeactivated', ({ userId }) => leaveRooms(userId, host));
    host.onStart(async () => {
      for (const userId of await deactivatedWithRooms(host.db)) await leaveRooms(userId, host);
    });
  },
});
