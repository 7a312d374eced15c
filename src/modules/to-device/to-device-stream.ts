import type { SyncStream } from '../../plugin-api/sync-stream.ts';
import type { Database } from '../../plugin-api/commit.ts';
import type { DeliveredMessages } from './delivered-messages.ts';
import type { KnownQueues } from './known-queues.ts';
import { MESSAGES_PER_SYNC_MAX } from './limits.ts';
import { readMessages } from './store.ts';

/**
 * Messages for the device that syncs, oldest first. They are deleted when the device comes back with a token that covers them, never before.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#send-to-device-messaging
 */
export function toDeviceStream(deps: { db: Database; known: KnownQueues; delivered: DeliveredMessages }): SyncStream {
  const { db, known, delivered } = deps;
  return {
    name: 'to_device',
    async contribute({ userId, deviceId, from, to }) {
      const after = from ?? 0;
      if (deviceId === null || !known.mayHave(userId, deviceId, after)) return null;
      const found = known.reading(userId, deviceId);
      const messages = await readMessages(db, { userId, deviceId, after, upTo: to, limit: MESSAGES_PER_SYNC_MAX + 1 });
      const isCut = messages.length > MESSAGES_PER_SYNC_MAX;
      // Of a longer queue only the first page is known: its end lies somewhere up to `to`.
      found(isCut ? to : Math.max(after, messages.at(-1)?.pos ?? 0));
      const page = messages.slice(0, MESSAGES_PER_SYNC_MAX);
      const last = page.at(-1);
      if (last === undefined) return null;
      return { toDevice: page.map((message) => message.json), ...(isCut ? { toDeviceTo: last.pos } : {}) };
    },
    acknowledge(userId, deviceId, upTo) {
      if (known.takeDelivered(userId, deviceId, upTo)) delivered.add({ userId, deviceId, upTo });
    },
  };
}
