import type { PushAction, PushCondition, PushRule, PushRuleset } from './push-rule.ts';

/** The rule that stands above every other one, the user's included. */
export const MASTER_RULE_ID = '.m.rule.master';

const NOTIFY: PushAction = 'notify';
const HIGHLIGHT: PushAction = { set_tweak: 'highlight' };
const sound = (value: string): PushAction => ({ set_tweak: 'sound', value });
const match = (key: string, pattern: string): PushCondition => ({ kind: 'event_match', key, pattern });
const isValue = (key: string, value: string | boolean): PushCondition => ({ kind: 'event_property_is', key, value });
const ONE_TO_ONE: PushCondition = { kind: 'room_member_count', is: '2' };

/**
 * The rules that every user has without doing anything, in the order of the specification.
 * https://spec.matrix.org/v1.19/client-server-api/#predefined-rules
 */
export function defaultPushRules(userId: string): PushRuleset {
  return {
    override: [
      { ...rule(MASTER_RULE_ID, [], []), enabled: false },
      rule('.m.rule.suppress_notices', [match('content.msgtype', 'm.notice')], []),
      rule(
        '.m.rule.invite_for_me',
        [match('type', 'm.room.member'), match('content.membership', 'invite'), match('state_key', userId)],
        [NOTIFY, sound('default')],
      ),
      rule('.m.rule.member_event', [match('type', 'm.room.member')], []),
      rule(
        '.m.rule.is_user_mention',
        [{ kind: 'event_property_contains', key: 'content.m\\.mentions.user_ids', value: userId }],
        [NOTIFY, sound('default'), HIGHLIGHT],
      ),
      rule(
        '.m.rule.is_room_mention',
        [isValue('content.m\\.mentions.room', true), { kind: 'sender_notification_permission', key: 'room' }],
        [NOTIFY, HIGHLIGHT],
      ),
      rule('.m.rule.tombstone', [match('type', 'm.room.tombstone'), match('state_key', '')], [NOTIFY, HIGHLIGHT]),
      rule('.m.rule.reaction', [match('type', 'm.reaction')], []),
      rule('.m.rule.room.server_acl', [match('type', 'm.room.server_acl'), match('state_key', '')], []),
      rule('.m.rule.suppress_edits', [isValue('content.m\\.relates_to.rel_type', 'm.replace')], []),
    ],
    content: [],
    room: [],
    sender: [],
    underride: [
      rule('.m.rule.call', [match('type', 'm.call.invite')], [NOTIFY, sound('ring')]),
      rule('.m.rule.encrypted_room_one_to_one', [ONE_TO_ONE, match('type', 'm.room.encrypted')], [NOTIFY, sound('default')]),
      rule('.m.rule.room_one_to_one', [ONE_TO_ONE, match('type', 'm.room.message')], [NOTIFY, sound('default')]),
      rule('.m.rule.message', [match('type', 'm.room.message')], [NOTIFY]),
      rule('.m.rule.encrypted', [match('type', 'm.room.encrypted')], [NOTIFY]),
    ],
  };
}

function rule(ruleId: string, conditions: PushCondition[], actions: PushAction[]): PushRule {
  return { rule_id: ruleId, default: true, enabled: true, conditions, actions };
}
