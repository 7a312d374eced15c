import type { JsonObject } from '../../../core/json/json-value.ts';
import type { DeviceRow } from '../../../storage/accounts/rows.ts';

/** A device as its owner sees it; what is not known is left out. */
export function deviceFields(device: DeviceRow): JsonObject {
  const { deviceId, displayName, lastSeenIp, lastSeenTs } = device;
  return {
    device_id: deviceId,
    ...(displayName === null ? {} : { display_name: displayName }),
    ...(lastSeenIp === null ? {} : { last_seen_ip: lastSeenIp }),
    ...(lastSeenTs === null ? {} : { last_seen_ts: lastSeenTs }),
  };
}
