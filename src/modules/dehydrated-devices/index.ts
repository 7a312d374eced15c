import type { UserId } from '../../core/ids/brands.ts';
import { KeyedQueue } from '../../platform/keyed-queue.ts';
import { definePlugin, PLUGIN_API } from '../../plugin-api/plugin.ts';
import type { SlotName, Slots } from '../../plugin-api/slots.ts';
import type { DehydratedDeps } from './deps.ts';
import { deleteDehydratedDevice, getDehydratedDevice, putDehydratedDevice } from './endpoints/dehydrated-device.ts';
import { getDehydratedEvents, postDehydratedEvents } from './endpoints/events.ts';
import { deleteDehydrated } from './store.ts';

/**
 * A device that a user leaves with the server, encrypted, to receive room keys while they are logged in nowhere.
 *
 * @see https://github.com/matrix-org/matrix-spec-proposals/pull/3814
 */
export default definePlugin({
  name: 'dehydrated-devices',
  api: PLUGIN_API,
  requires: ['to-device', 'e2ee-keys'],
  setup(host) {
    const { db, users } = host;
    const filled = <Name extends SlotName>(name: Name): Slots[Name] => {
      const provider = host.slot(name);
      if (provider === null) throw new Error(`dehydrated devices need a provider for the slot ${name}`);
      return provider;
    };
    const deps: DehydratedDeps = {
      db,
      users,
      deviceKeys: () => filled('deviceKeys'),
      toDeviceQueue: () => filled('toDeviceQueue'),
      replacing: new KeyedQueue<UserId>(),
    };
    host.endpoints([putDehydratedDevice, getDehydratedDevice, deleteDehydratedDevice, postDehydratedEvents, getDehydratedEvents], deps);
    host.unstableFeature('org.matrix.msc3814');
    host.on('deviceDeleted', ({ userId, deviceIds }) => deleteDehydrated(db, userId, deviceIds));
    host.onStart(async () => {
      filled('deviceKeys');
      filled('toDeviceQueue');
    });
  },
});
