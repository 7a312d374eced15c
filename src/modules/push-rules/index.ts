import type { UserId } from '../../core/ids/brands.ts';
import { definePlugin } from '../../plugin-api/plugin.ts';
import { deletePushRule } from './endpoints/delete-push-rule.ts';
import { getPushRule } from './endpoints/get-push-rule.ts';
import { getPushRulesGlobal } from './endpoints/get-push-rules-global.ts';
import { getPushRules } from './endpoints/get-push-rules.ts';
import { getPushRuleActions, setPushRuleActions } from './endpoints/push-rule-actions.ts';
import { isPushRuleEnabled, setPushRuleEnabled } from './endpoints/push-rule-enabled.ts';
import { setPushRule } from './endpoints/set-push-rule.ts';
import { PushRulesProvider } from './push-rules-provider.ts';
import { pushRulesStream } from './push-rules-stream.ts';
import { PushRulesStore } from './store.ts';
import { RoomPrograms } from './unread/room-programs.ts';
import { UnreadCounts } from './unread/unread-counts.ts';
import { UnreadObserver } from './unread/unread-observer.ts';
import { unreadStream } from './unread/unread-stream.ts';
import { PUSH_RULES_TYPE, UserRules } from './user-rules.ts';

const IGNORED_USERS_TYPE = 'm.ignored_user_list';

/** Push rules and the unread counts that follow from them. https://spec.matrix.org/v1.19/client-server-api/#push-notifications */
export default definePlugin({
  name: 'push-rules',
  api: 1,
  setup(host) {
    const store = new PushRulesStore(host.db);
    const counts = new UnreadCounts(store);
    const rules = new UserRules({
      store,
      commits: host.commits,
      onChanged: (userId) => host.emit('accountDataChanged', { userId, roomId: null, type: PUSH_RULES_TYPE }),
    });
    const isLocal = (userId: UserId): boolean => host.users.isLocal(userId);
    const programs = new RoomPrograms({
      rooms: host.rooms,
      isLocal,
      rulesOf: (userIds) => rules.ofMany(userIds),
      ignoredBy: async (userIds) => (await host.slot('ignoredUsers')?.ignoredByMany(userIds)) ?? new Map(),
      mutedIn: (roomNid) => store.mutedIn(roomNid),
    });
    const provider = new PushRulesProvider({
      rules,
      counts,
      rooms: host.rooms,
      ignored: () => host.slot('ignoredUsers'),
      evaluator: () => host.slot('pushRules'),
    });
    const rulesetOf = (userId: UserId) => provider.rulesetOf(userId);

    host.provide('pushRules', provider);
    host.observe(new UnreadObserver({ programs, counts, isLocal, rules: () => host.slot('pushRules') ?? provider }));
    host.stream(pushRulesStream(rules, rulesetOf));
    host.stream(unreadStream(counts, host.rooms));
    host.on('accountDataChanged', async ({ userId, type }) => {
      if (type === PUSH_RULES_TYPE || type === IGNORED_USERS_TYPE) await programs.refresh(userId);
    });
    host.on('roomFollowed', ({ userId, from, to }) => rules.copyRoom(userId, { from, to }));
    host.endpoints(
      [
        getPushRules,
        getPushRulesGlobal,
        getPushRule,
        setPushRule,
        deletePushRule,
        isPushRuleEnabled,
        setPushRuleEnabled,
        getPushRuleActions,
        setPushRuleActions,
      ],
      { rules, rulesetOf },
    );
    host.onStart(async () => {
      rules.start();
      host.commits.onBatch((entries) => {
        for (const entry of entries) {
          rules.onEntry(entry);
          counts.onEntry(entry);
        }
      });
    });
  },
});
