import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import type { Clock } from '../../platform/clock.ts';
import type { KeyedQueue } from '../../platform/keyed-queue.ts';
import type { CommitPort, Database } from '../../plugin-api/commit.ts';
import type { RoomsPort, UiaPort, UsersPort } from '../../plugin-api/ports.ts';
import type { DeviceChanges } from './device-changes.ts';
import type { KeyCountCache } from './key-counts.ts';

export interface E2eeDeps {
  readonly db: Database;
  readonly commits: CommitPort;
  readonly rooms: RoomsPort;
  readonly users: UsersPort;
  readonly uia: UiaPort;
  readonly clock: Clock;
  readonly counts: KeyCountCache;
  readonly changes: DeviceChanges;
  /** One writer at a time per user: what an upload compares with must still be so when it is stored. */
  readonly uploads: KeyedQueue<UserId>;
}

export interface DeviceOwner {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
}
