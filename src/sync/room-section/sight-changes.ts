import type { UserId } from '../../core/ids/brands.ts';
import type { StoredEvent } from '../../plugin-api/stored-event.ts';
import { contentString } from '../../rooms/client-event/content-of.ts';
import type { RoomPlan } from './section-types.ts';

/** Adds who came into sight and who went out of it in one room's window. A user who stays (a new name, a new avatar) neither appears nor vanishes. */
export function addSightChanges(
  plan: RoomPlan,
  loaded: ReadonlyMap<number, StoredEvent>,
  changes: { appeared: Set<UserId>; vanished: Set<UserId> },
): void {
  for (const { userId, before, after } of plan.memberChanges) {
    const was = isJoin(before === undefined ? undefined : loaded.get(before));
    const is = isJoin(after === null ? undefined : loaded.get(after));
    if (is && !was) changes.appeared.add(userId);
    if (was && !is) changes.vanished.add(userId);
  }
}

function isJoin(event: StoredEvent | undefined): boolean {
  return event !== undefined && contentString(event, 'membership') === 'join';
}
