import type { JsonObject } from '../../core/json/json-value.ts';
import type { RoomsPort } from '../../plugin-api/ports.ts';
import type { SyncStream } from '../../plugin-api/sync-stream.ts';
import type { DeviceChanges } from './device-changes.ts';
import { deviceLists } from './device-lists.ts';
import type { KeyCountCache } from './key-counts.ts';

/**
 * `device_lists` on incremental syncs, and the state of the device's own keys on every sync.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#e2e-extensions-to-sync
 */
export function e2eeStream(deps: { rooms: RoomsPort; changes: DeviceChanges; counts: KeyCountCache }): SyncStream {
  return {
    name: 'e2ee',
    async contribute({ userId, deviceId, from, to, membershipChanges }) {
      const top: JsonObject = {};
      if (from !== null) {
        const lists = await deviceLists(deps, { userId, from, to, membershipChanges });
        if (lists.changed.length > 0 || lists.left.length > 0) top['device_lists'] = lists;
      }
      if (deviceId !== null) {
        const counts = await deps.counts.get(userId, deviceId);
        top['device_one_time_keys_count'] = { ...counts.oneTime };
        top['device_unused_fallback_key_types'] = [...counts.unusedFallback];
      }
      return { top };
    },
  };
}
