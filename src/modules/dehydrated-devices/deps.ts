import type { UserId } from '../../core/ids/brands.ts';
import type { KeyedQueue } from '../../platform/keyed-queue.ts';
import type { Database } from '../../plugin-api/commit.ts';
import type { UsersPort } from '../../plugin-api/ports.ts';
import type { DeviceKeysSlot, ToDeviceQueueSlot } from '../../plugin-api/slots.ts';

export interface DehydratedDeps {
  readonly db: Database;
  readonly users: UsersPort;
  readonly deviceKeys: () => DeviceKeysSlot;
  readonly toDeviceQueue: () => ToDeviceQueueSlot;
  /** One replacement at a time per user. */
  readonly replacing: KeyedQueue<UserId>;
}

/** @see https://github.com/matrix-org/matrix-spec-proposals/pull/3814 */
export const PREFIX = '/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device';
