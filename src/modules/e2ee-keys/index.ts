import type { DeviceId, UserId } from '../../core/ids/brands.ts';
import { isJsonObject } from '../../core/json/json-value.ts';
import { KeyedQueue } from '../../platform/keyed-queue.ts';
import { write } from '../../plugin-api/commit.ts';
import { definePlugin, PLUGIN_API } from '../../plugin-api/plugin.ts';
import type { E2eeDeps } from './deps.ts';
import { DeviceChanges, deviceListRecord } from './device-changes.ts';
import { e2eeStream } from './e2ee-stream.ts';
import { deviceSigningUpload } from './endpoints/device-signing-upload.ts';
import { federationKeysClaim } from './endpoints/federation-keys-claim.ts';
import { federationKeysQuery } from './endpoints/federation-keys-query.ts';
import { federationUserDevices } from './endpoints/federation-user-devices.ts';
import { keysChanges } from './endpoints/keys-changes.ts';
import { keysClaim } from './endpoints/keys-claim.ts';
import { keysQuery } from './endpoints/keys-query.ts';
import { keysUpload } from './endpoints/keys-upload.ts';
import { signaturesUpload } from './endpoints/signatures-upload.ts';
import { KeyCountCache } from './key-counts.ts';
import { CLAIMED_KEPT_MS, SWEEP_MS } from './limits.ts';
import { crossSigningKeyRemover, deviceRemover, forgetClaimed, readCrossSigningKeys, readDeviceKeys } from './store.ts';
import { uploadKeys } from './upload-keys.ts';

/**
 * Keys that devices publish for end-to-end encryption: identity keys, one-time keys, cross-signing keys, and who has to hear of changes.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#end-to-end-encryption
 */
export default definePlugin({
  name: 'e2ee-keys',
  api: PLUGIN_API,
  setup(host) {
    const { db, clock, log, commits, rooms, users, uia } = host;
    const counts = new KeyCountCache(db);
    const changes = new DeviceChanges(db);
    const deps: E2eeDeps = { db, commits, rooms, users, uia, clock, counts, changes, uploads: new KeyedQueue<UserId>() };

    host.endpoints([keysUpload, keysQuery, keysClaim, keysChanges, deviceSigningUpload, signaturesUpload], deps);
    host.endpoints([federationKeysQuery, federationKeysClaim, federationUserDevices], deps);
    host.stream(e2eeStream(deps));
    host.provide('deviceKeys', {
      upload: ({ userId, deviceId, body, writes }) => uploadKeys(deps, { userId, deviceId }, body, writes),
    });

    host.on('deviceDeleted', ({ userId, deviceIds }) => removeDevices(deps, userId, deviceIds));
    host.on('deviceChanged', async ({ userId, deviceId }) => {
      const known = await readDeviceKeys(db, [userId]);
      // A device without identity keys is in nobody's list.
      if (!known.some((device) => device.deviceId === deviceId)) return;
      await commits.commit(await deviceListRecord(rooms, { changes: [{ userId }], writes: [], data: { device_id: deviceId } }));
    });
    host.on('userDeactivated', async ({ userId }) => {
      const keys = await readCrossSigningKeys(db, [userId]);
      if (keys.length === 0) return;
      const writes = keys.map(({ publicKey }) => write(crossSigningKeyRemover, { userId, publicKey }));
      await commits.commit(await deviceListRecord(rooms, { changes: [{ userId }], writes }));
    });

    host.onStart(async () => {
      changes.start(commits.position);
      commits.onBatch((entries) => {
        changes.onEntries(entries);
        for (const { data } of entries) {
          if (!isJsonObject(data) || !Array.isArray(data['keys_of'])) continue;
          for (const owner of data['keys_of'])
            if (isJsonObject(owner)) counts.drop(owner['user_id'] as UserId, owner['device_id'] as DeviceId);
        }
      });
    });

    let timer = clock.setTimeout(tick, SWEEP_MS);
    let sweeping: Promise<void> = Promise.resolve();
    function tick(): void {
      sweeping = forgetClaimed(db, clock.now() - CLAIMED_KEPT_MS).catch((error: unknown) =>
        log.warn({ err: error }, 'sweep of claimed keys failed; the next one will do it'),
      );
      timer = clock.setTimeout(tick, SWEEP_MS);
    }
    host.onStop(async () => {
      timer.cancel();
      await sweeping;
    });
  },
});

async function removeDevices(deps: E2eeDeps, userId: UserId, deviceIds: readonly DeviceId[]): Promise<void> {
  const known = await readDeviceKeys(deps.db, [userId]);
  const removed = known.filter((device) => deviceIds.includes(device.deviceId)).map((device) => device.deviceId);
  const writes = deviceIds.map((deviceId) => write(deviceRemover, { userId, deviceId }));
  await deps.commits.commit(
    removed.length === 0
      ? { stream: 'one_time_key', durability: 'durable', writes }
      : await deviceListRecord(deps.rooms, { changes: [{ userId }], writes, data: { deleted: removed } }),
  );
  for (const deviceId of deviceIds) deps.counts.drop(userId, deviceId);
}
