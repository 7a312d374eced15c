import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import type { BatchWriter, Database } from '../../plugin-api/commit.ts';

export interface DehydratedDevice {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  /** JSON */
  readonly deviceData: string;
}

/** A new device takes the place of the user's old one. */
export const dehydratedDeviceWriter: BatchWriter<DehydratedDevice> = {
  name: 'dehydrated_device',
  write(tx, all) {
    const rows = [...new Map(all.map((positioned) => [positioned.row.userId, positioned])).values()];
    return tx`
      insert into dehydrated_device (user_id, device_id, device_data, pos)
      select * from unnest(
        ${rows.map(({ row }) => row.userId)}::text[], ${rows.map(({ row }) => row.deviceId)}::text[],
        ${rows.map(({ row }) => row.deviceData)}::text[], ${rows.map(({ pos }) => pos)}::bigint[])
      on conflict (user_id) do update
      set device_id = excluded.device_id, device_data = excluded.device_data, pos = excluded.pos`;
  },
};

export async function readDehydrated(db: Database, userId: UserId): Promise<DehydratedDevice | null> {
  const [row] = await db<DehydratedDevice[]>`
    select user_id as "userId", device_id as "deviceId", device_data as "deviceData" from dehydrated_device where user_id = ${userId}`;
  return row ?? null;
}

export async function deleteDehydrated(db: Database, userId: UserId, deviceIds: readonly DeviceId[]): Promise<void> {
  await db`delete from dehydrated_device where user_id = ${userId} and device_id = any(${[...deviceIds]}::text[])`;
}
