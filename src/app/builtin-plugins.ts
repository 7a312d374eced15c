import path from 'node:path';
import type { Plugin } from '../plugin-api/plugin.ts';
import accountData from '../modules/account-data/index.ts';
import deactivation from '../modules/deactivation/index.ts';
import dehydratedDevices from '../modules/dehydrated-devices/index.ts';
import e2eeKeys from '../modules/e2ee-keys/index.ts';
import keyBackup from '../modules/key-backup/index.ts';
import media from '../modules/media/index.ts';
import pushRules from '../modules/push-rules/index.ts';
import presence from '../modules/presence/index.ts';
import profile from '../modules/profile/index.ts';
import relations from '../modules/relations/index.ts';
import receipts from '../modules/receipts/index.ts';
import reporting from '../modules/reporting/index.ts';
import typing from '../modules/typing/index.ts';
import rateLimits from '../modules/rate-limits/index.ts';
import stateResolution from '../modules/state-resolution/index.ts';
import toDevice from '../modules/to-device/index.ts';
import upgradedRooms from '../modules/upgraded-rooms/index.ts';
import voip from '../modules/voip/index.ts';
import type { Config } from './config/load-config.ts';

/** The modules that come with the server, each with its part of the configuration. They use the API that third parties use. */
export function builtinPlugins(config: Config): { plugin: Plugin; config: unknown; where: string }[] {
  const builtin = (plugin: Plugin, own: unknown = {}) => ({ plugin, config: own, where: 'built in' });
  return [
    builtin(rateLimits, config.rate_limits),
    builtin(stateResolution),
    builtin(accountData),
    builtin(profile),
    builtin(pushRules),
    builtin(receipts),
    builtin(relations),
    builtin(typing),
    // Presence is one engine with its endpoints, its stream and its EDU: whoever takes the slot brings all of them.
    ...((config.slots['presence'] ?? presence.name) === presence.name ? [builtin(presence, config.presence)] : []),
    builtin(toDevice),
    builtin(e2eeKeys),
    builtin(keyBackup),
    builtin(dehydratedDevices),
    builtin(media, { ...config.media, folder: config.media.folder ?? path.join(config.data_dir, 'media') }),
    builtin(voip, config.turn),
    builtin(reporting),
    builtin(deactivation),
    builtin(upgradedRooms),
  ];
}
