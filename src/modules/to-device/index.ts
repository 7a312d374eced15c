import { definePlugin, PLUGIN_API } from '../../plugin-api/plugin.ts';
import { DeliveredMessages } from './delivered-messages.ts';
import { receiveDirectToDevice } from './direct-to-device.ts';
import { sendToDevice } from './endpoints/send-to-device.ts';
import { KnownQueues } from './known-queues.ts';
import { QUEUE_MESSAGES_MAX, SWEEP_MS, TXN_KEPT_MS } from './limits.ts';
import type { SendDeps } from './send-messages.ts';
import { deleteQueues, deleteTxns, readMessages, shortenQueues } from './store.ts';
import { toDeviceStream } from './to-device-stream.ts';

/**
 * Messages from device to device, outside of rooms.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#send-to-device-messaging
 */
export default definePlugin({
  name: 'to-device',
  api: PLUGIN_API,
  setup(host) {
    const { db, clock, log, commits, users } = host;
    const known = new KnownQueues();
    const delivered = new DeliveredMessages({ db, clock, log });
    const deps: SendDeps = { db, commits, users, clock, known };

    host.endpoints([sendToDevice], deps);
    host.stream(toDeviceStream({ db, known, delivered }));
    host.edu('m.direct_to_device', (content, origin) => receiveDirectToDevice(deps, content, origin));
    host.provide('toDeviceQueue', {
      async read({ userId, deviceId, after, limit }) {
        const messages = await readMessages(db, { userId, deviceId, after, upTo: commits.position, limit: limit + 1 });
        const page = messages.slice(0, limit);
        return { events: page.map((message) => message.json), to: page.at(-1)?.pos ?? after, more: messages.length > limit };
      },
    });
    host.on('deviceDeleted', async ({ userId, deviceIds }) => {
      await deleteQueues(db, userId, deviceIds);
      for (const deviceId of deviceIds) known.forget(userId, deviceId);
    });

    host.onStart(async () => {
      commits.onBatch((entries) => {
        for (const { stream, live, users: recipients, pos } of entries) {
          if (stream !== 'to_device' || live === known) continue;
          for (const userId of recipients) known.addedElsewhere(userId, pos);
        }
      });
    });

    const sweep = async (): Promise<void> => {
      try {
        await deleteTxns(db, clock.now() - TXN_KEPT_MS);
        const dropped = await shortenQueues(db, QUEUE_MESSAGES_MAX);
        if (dropped > 0) log.warn({ dropped }, 'dropped the oldest to-device messages of devices that do not fetch them');
      } catch (error) {
        log.warn({ err: error }, 'sweep of to-device messages failed; the next one will do it');
      }
    };
    let timer = clock.setTimeout(tick, SWEEP_MS);
    let sweeping = Promise.resolve();
    function tick(): void {
      sweeping = sweep();
      timer = clock.setTimeout(tick, SWEEP_MS);
    }
    host.onStop(async () => {
      timer.cancel();
      await sweeping;
      await delivered.flush();
    });
  },
});
