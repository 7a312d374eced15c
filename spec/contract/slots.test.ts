import { importPlugins } from '../../src/app/plugins/load-plugins.ts';
import type { RoomId } from '../../src/core/ids/brands.ts';
import { STATE_RESOLVERS } from '../../src/core/state-res/run-resolver.ts';
import { Presence } from '../../src/modules/presence/presence.ts';
import { evaluate } from '../../src/core/push/compile-ruleset.ts';
import { notifiesByDefault } from '../../src/modules/push-rules/unread/notifies-by-default.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ManualClock } from '../../src/platform/manual-clock.ts';
import type { CommitPort } from '../../src/plugin-api/commit.ts';
import type { PluginHost } from '../../src/plugin-api/plugin.ts';
import type { PushRulesSlot } from '../../src/plugin-api/slots.ts';
import { presenceContract } from './slots/presence-contract.ts';
import { pushRulesContract } from './slots/push-rules-contract.ts';
import { stateResolverContract } from './slots/state-resolver-contract.ts';

for (const algorithm of ['v1', 'v2', 'v2.1'] as const)
  stateResolverContract('the built-in resolver', algorithm, STATE_RESOLVERS[algorithm]);

/** Takes memory records, which is all that presence writes. */
const commits: CommitPort = { commit: async () => 1, commitAll: async () => 1, position: 0, onBatch: () => undefined };

presenceContract(
  'the built-in engine',
  () =>
    new Presence({
      clock: new ManualClock(),
      commits,
      rooms: { roomsOf: async () => new Map<RoomId, never>() },
      isLocal: () => true,
      log: silentLogger,
    }),
);

const builtin = {
  evaluate,
  notifiesByDefault: (event: Parameters<PushRulesSlot['notifiesByDefault']>[0]) => notifiesByDefault(event, evaluate),
};
pushRulesContract('the built-in evaluator', () => builtin);

const [keywords] = await importPlugins([{ path: 'docs/examples/plugins/keyword-push-rules.mjs' }]);

/** The provider of the example, on top of the built-in one. */
function keywordRules(): PushRulesSlot {
  let provided: PushRulesSlot | null = null;
  const host = {
    config: { words: ['fire'] },
    replaced: () => builtin,
    provide: (_slot: string, provider: PushRulesSlot) => {
      provided = provider;
    },
  };
  void keywords?.plugin.setup(host as unknown as PluginHost<never>);
  if (provided === null) throw new Error('the example fills no slot');
  return provided;
}

pushRulesContract('the example with keywords', keywordRules);
