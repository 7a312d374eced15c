import type { LogEntry } from '../../plugin-api/commit.ts';
import { definePlugin } from '../../plugin-api/plugin.ts';
import { KeyedQueue } from '../../platform/keyed-queue.ts';
import { eventLiveOf } from '../../rooms/events/event-live.ts';
import { followUpgrade } from './follow-upgrade.ts';

/**
 * Notices when users of this server come into a room that replaces another, so that the modules which keep their settings can carry them
 * over. The log tells of it, so it does not matter who upgraded the room, by which endpoint or server, nor when they come. What a crash
 * cuts off is not made up for: the user has the settings in the old room still.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-upgrades
 */
export default definePlugin({
  name: 'upgraded-rooms',
  api: 1,
  setup(host) {
    const users = new KeyedQueue<string>();
    const under = new Set<Promise<void>>();
    const onEntry = (entry: LogEntry): void => {
      const live = eventLiveOf(entry);
      if (live === null) return;
      for (const { userId, membership, num } of live.memberships) {
        // Resolution can change memberships by other events than the newest; who came by that has been there before.
        if (membership !== 'join' || num !== live.event.num || !host.users.isLocal(userId)) continue;
        const work = users
          .run(userId, () => followUpgrade(host, live.event, userId))
          .catch((err: unknown) =>
            host.log.warn({ err, userId, roomId: live.event.roomId }, 'settings did not follow into an upgraded room'),
          )
          .finally(() => under.delete(work));
        under.add(work);
      }
    };
    host.onStart(async () => {
      host.commits.onBatch((entries) => {
        for (const entry of entries) onEntry(entry);
      });
    });
    host.onStop(async () => void (await Promise.all(under)));
  },
});
