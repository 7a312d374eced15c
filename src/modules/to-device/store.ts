import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import type { BatchWriter, Database } from '../../plugin-api/commit.ts';

/** What makes a request or an EDU the same as an earlier one. */
export interface ToDeviceTxn {
  readonly userId: UserId;
  /** Device id or `token:<id>` of a client's request; `edu` for another server's message. */
  readonly scope: string;
  readonly eventType: string;
  readonly txnId: string;
}

export interface ToDeviceMessage {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  /** The event as clients get it. */
  readonly json: string;
}

export interface ToDeviceRow {
  readonly txn: ToDeviceTxn;
  /** ms */
  readonly ts: number;
  readonly messages: readonly ToDeviceMessage[];
}

/**
 * Messages are stored only if their transaction id is new: the same statement decides both, so that a repeated request stores nothing
 * whichever node takes it and whenever.
 */
export const toDeviceWriter: BatchWriter<ToDeviceRow> = {
  name: 'to_device',
  write(tx, rows) {
    const messages = rows.flatMap(({ pos, row }) => row.messages.map((message) => ({ pos, message })));
    return tx`
      with taken as (
        insert into to_device_txn (user_id, scope, event_type, txn_id, pos, ts)
        select * from unnest(
          ${rows.map(({ row }) => row.txn.userId)}::text[], ${rows.map(({ row }) => row.txn.scope)}::text[],
          ${rows.map(({ row }) => row.txn.eventType)}::text[], ${rows.map(({ row }) => row.txn.txnId)}::text[],
          ${rows.map(({ pos }) => pos)}::bigint[], ${rows.map(({ row }) => row.ts)}::bigint[])
        on conflict do nothing
        returning pos)
      insert into to_device (user_id, device_id, pos, json)
      select message.user_id, message.device_id, message.pos, message.json
      from unnest(
        ${messages.map(({ message }) => message.userId)}::text[], ${messages.map(({ message }) => message.deviceId)}::text[],
        ${messages.map(({ pos }) => pos)}::bigint[], ${messages.map(({ message }) => message.json)}::text[])
        as message(user_id, device_id, pos, json)
      join taken using (pos)`;
  },
};

export interface StoredMessage {
  readonly pos: number;
  readonly json: string;
}

/** One message of every queue, from `after` (exclusive) on. */
export async function readMessages(
  db: Database,
  options: { userId: UserId; deviceId: DeviceId; after: number; upTo: number; limit: number },
): Promise<readonly StoredMessage[]> {
  return db<StoredMessage[]>`
    select pos, json from to_device
    where user_id = ${options.userId} and device_id = ${options.deviceId} and pos > ${options.after} and pos <= ${options.upTo}
    order by pos limit ${options.limit}`;
}

export async function isTaken(db: Database, txn: ToDeviceTxn): Promise<boolean> {
  const rows = await db`
    select 1 from to_device_txn
    where user_id = ${txn.userId} and scope = ${txn.scope} and event_type = ${txn.eventType} and txn_id = ${txn.txnId}`;
  return rows.length > 0;
}

/** Losing a deletion in a crash costs a repeated deletion, so nobody waits for the disk. */
export async function deleteDelivered(
  db: Database,
  delivered: readonly { userId: UserId; deviceId: DeviceId; upTo: number }[],
): Promise<void> {
  await db.begin(async (tx) => {
    await Promise.all([
      tx`set local synchronous_commit = off`,
      tx`
        delete from to_device using unnest(
          ${delivered.map((item) => item.userId)}::text[], ${delivered.map((item) => item.deviceId)}::text[],
          ${delivered.map((item) => item.upTo)}::bigint[]) as delivered(user_id, device_id, up_to)
        where to_device.user_id = delivered.user_id and to_device.device_id = delivered.device_id and to_device.pos <= delivered.up_to`,
    ]);
  });
}

export async function deleteQueues(db: Database, userId: UserId, deviceIds: readonly DeviceId[]): Promise<void> {
  await db`delete from to_device where user_id = ${userId} and device_id = any(${deviceIds as DeviceId[]}::text[])`;
}

export async function deleteTxns(db: Database, olderThan: number): Promise<number> {
  const result = await db`delete from to_device_txn where ts < ${olderThan}`;
  return result.count;
}

/** Drops the oldest messages of queues that are longer than `max`; returns how many. */
export async function shortenQueues(db: Database, max: number): Promise<number> {
  const result = await db`
    with long as (
      select user_id, device_id from to_device group by user_id, device_id having count(*) > ${max}),
    oldest_kept as (
      select long.user_id, long.device_id,
        (select pos from to_device queue where queue.user_id = long.user_id and queue.device_id = long.device_id
         order by pos desc offset ${max - 1} limit 1) as pos
      from long)
    delete from to_device using oldest_kept
    where to_device.user_id = oldest_kept.user_id and to_device.device_id = oldest_kept.device_id and to_device.pos < oldest_kept.pos`;
  return result.count;
}
