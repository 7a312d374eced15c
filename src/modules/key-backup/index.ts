import { definePlugin, PLUGIN_API } from '../../plugin-api/plugin.ts';
import type { BackupDeps } from './backups.ts';
import { deleteRoomKeys, getRoomKeys, putRoomKeys } from './endpoints/keys.ts';
import { deleteRoomKeysByRoom, getRoomKeysByRoom, putRoomKeysByRoom } from './endpoints/room-keys.ts';
import { deleteRoomKeyBySession, getRoomKeyBySession, putRoomKeyBySession } from './endpoints/session-key.ts';
import {
  deleteRoomKeysVersion,
  getRoomKeysVersion,
  getRoomKeysVersionCurrent,
  postRoomKeysVersion,
  putRoomKeysVersion,
} from './endpoints/version.ts';
import { deleteAllOf } from './store.ts';

/**
 * Encrypted copies of room keys that users keep here.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#server-side-key-backups
 */
export default definePlugin({
  name: 'key-backup',
  api: PLUGIN_API,
  setup(host) {
    const { db } = host;
    const deps: BackupDeps = { db };
    host.endpoints([postRoomKeysVersion, getRoomKeysVersionCurrent, getRoomKeysVersion, putRoomKeysVersion, deleteRoomKeysVersion], deps);
    host.endpoints([putRoomKeys, getRoomKeys, deleteRoomKeys], deps);
    host.endpoints([putRoomKeysByRoom, getRoomKeysByRoom, deleteRoomKeysByRoom], deps);
    host.endpoints([putRoomKeyBySession, getRoomKeyBySession, deleteRoomKeyBySession], deps);
    // A deactivated account cannot come back for its keys.
    host.on('userDeactivated', ({ userId }) => deleteAllOf(db, userId));
  },
});
