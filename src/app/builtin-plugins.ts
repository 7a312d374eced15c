import type { Plugin } from '../plugin-api/plugin.ts';
import accountData from '../modules/account-data/index.ts';
import e2eeKeys from '../modules/e2ee-keys/index.ts';
import pushRules from '../modules/push-rules/index.ts';
import rateLimits from '../modules/rate-limits/index.ts';
import toDevice from '../modules/to-device/index.ts';
import type { Config } from './config/load-config.ts';

/** The modules that come with the server, each with its part of the configuration. They use the API that third parties use. */
export function builtinPlugins(config: Config): { plugin: Plugin; config: unknown; where: string }[] {
  const builtin = (plugin: Plugin, own: unknown = {}) => ({ plugin, config: own, where: 'built in' });
  return [builtin(rateLimits, config.rate_limits), builtin(accountData), builtin(pushRules), builtin(toDevice), builtin(e2eeKeys)];
}
