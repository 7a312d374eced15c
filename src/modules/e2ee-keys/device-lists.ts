import type { UserId } from '../../core/ids/brands.ts';
import type { RoomsPort } from '../../plugin-api/ports.ts';
import type { DeviceChanges } from './device-changes.ts';

/**
 * Whose device lists the user must look at again after (from, to], and whom they need not follow any more.
 * Sharing a room counts as of now. Somebody who came into sight counts as changed: what happened to them before went unseen.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#tracking-the-device-list-for-a-user
 */
export async function deviceLists(
  deps: { rooms: RoomsPort; changes: DeviceChanges },
  request: {
    userId: UserId;
    from: number;
    to: number;
    membershipChanges: { readonly appeared: ReadonlySet<UserId>; readonly vanished: ReadonlySet<UserId> };
  },
): Promise<{ changed: UserId[]; left: UserId[] }> {
  const { userId, from, to } = request;
  const { appeared, vanished } = request.membershipChanges;
  const changed = await deps.changes.between({ from, to, viewer: userId });
  if (changed.size === 0 && appeared.size === 0 && vanished.size === 0) return { changed: [], left: [] };
  const sharing = await deps.rooms.usersSharingRoom(userId);
  const inSight = (other: UserId): boolean => other === userId || sharing.has(other);
  return {
    changed: [...new Set([...changed, ...[...appeared].filter((other) => other !== userId)])].filter(inSight),
    left: [...vanished].filter((other) => !inSight(other)),
  };
}
