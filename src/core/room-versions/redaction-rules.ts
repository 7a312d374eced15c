/** What redaction keeps of an event. Everything that is not named is dropped. */
export interface RedactionRules {
  readonly topLevel: readonly string[];
  /** Kept keys of `content` by event type; `'all'` keeps it whole. Other types keep none. */
  readonly content: ReadonlyMap<string, readonly string[] | 'all'>;
  /** Keep `content.third_party_invite.signed` of `m.room.member`, and nothing else below `third_party_invite`. */
  readonly thirdPartyInviteSigned: boolean;
}

const TOP_LEVEL_V1 = [
  'event_id',
  'type',
  'room_id',
  'sender',
  'state_key',
  'content',
  'hashes',
  'signatures',
  'depth',
  'prev_events',
  'prev_state',
  'auth_events',
  'origin',
  'origin_server_ts',
  'membership',
] as const;

const POWER_LEVELS_V1 = ['ban', 'events', 'events_default', 'kick', 'redact', 'state_default', 'users', 'users_default'] as const;

/** https://spec.matrix.org/v1.19/rooms/v1#redactions */
export const REDACT_V1: RedactionRules = {
  topLevel: TOP_LEVEL_V1,
  content: new Map<string, readonly string[] | 'all'>([
    ['m.room.member', ['membership']],
    ['m.room.create', ['creator']],
    ['m.room.join_rules', ['join_rule']],
    ['m.room.power_levels', POWER_LEVELS_V1],
    ['m.room.aliases', ['aliases']],
    ['m.room.history_visibility', ['history_visibility']],
  ]),
  thirdPartyInviteSigned: false,
};

/** Nothing of `m.room.aliases` (https://spec.matrix.org/v1.19/rooms/v6#redactions). */
export const REDACT_V6: RedactionRules = { ...REDACT_V1, content: changed(REDACT_V1, [], ['m.room.aliases']) };

/** `allow` of the join rules (https://spec.matrix.org/v1.19/rooms/v8#redactions). */
export const REDACT_V8: RedactionRules = { ...REDACT_V6, content: changed(REDACT_V6, [['m.room.join_rules', ['join_rule', 'allow']]]) };

/** Who let a member in (https://spec.matrix.org/v1.19/rooms/v9#redactions). */
export const REDACT_V9: RedactionRules = {
  ...REDACT_V8,
  content: changed(REDACT_V8, [['m.room.member', ['membership', 'join_authorised_via_users_server']]]),
};

/** https://spec.matrix.org/v1.19/rooms/v11#redactions */
export const REDACT_V11: RedactionRules = {
  topLevel: TOP_LEVEL_V1.filter((key) => key !== 'prev_state' && key !== 'origin' && key !== 'membership'),
  content: changed(REDACT_V9, [
    ['m.room.create', 'all'],
    ['m.room.power_levels', [...POWER_LEVELS_V1, 'invite']],
    ['m.room.redaction', ['redacts']],
  ]),
  thirdPartyInviteSigned: true,
};

function changed(
  rules: RedactionRules,
  set: readonly (readonly [type: string, keys: readonly string[] | 'all'])[],
  remove: readonly string[] = [],
): RedactionRules['content'] {
  const content = new Map([...rules.content, ...set]);
  for (const type of remove) content.delete(type);
  return content;
}
