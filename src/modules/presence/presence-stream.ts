import type { UserId } from '../../core/ids/brands.ts';
import type { RoomsPort } from '../../plugin-api/ports.ts';
import type { SyncContribution, SyncRequest, SyncStream } from '../../plugin-api/sync-stream.ts';
import type { Presence } from './presence.ts';

/** Only users who share a room see each other. https://spec.matrix.org/v1.19/client-server-api/#presence */
export function presenceStream(presence: Presence, rooms: Pick<RoomsPort, 'shareRoom' | 'usersSharingRoom'>): SyncStream {
  return {
    name: 'presence',
    async contribute({ userId, from, to, membershipChanges }: SyncRequest): Promise<SyncContribution | null> {
      const changed = from === null ? null : presence.changed(from, to);
      const users = new Set<UserId>();
      if (changed === null) {
        for (const other of await rooms.usersSharingRoom(userId)) if (!presence.isOffline(other)) users.add(other);
        if (!presence.isOffline(userId)) users.add(userId);
      } else {
        for (const other of changed) if (other === userId || (await rooms.shareRoom(userId, other))) users.add(other);
        for (const other of membershipChanges.appeared) if (!presence.isOffline(other)) users.add(other);
      }
      return users.size === 0 ? null : { presence: [...users].map((other) => presence.event(other)) };
    },
  };
}
