import type { JsonObject, JsonValue } from '../json/json-value.ts';

/** Kinds of rules in the order in which they are tried. */
export const PUSH_RULE_KINDS = ['override', 'content', 'room', 'sender', 'underride'] as const;
export type PushRuleKind = (typeof PUSH_RULE_KINDS)[number];

export function isPushRuleKind(text: string): text is PushRuleKind {
  return (PUSH_RULE_KINDS as readonly string[]).includes(text);
}

/** `{ set_tweak: 'sound', value: 'default' }` */
export interface SetTweak extends JsonObject {
  set_tweak: string;
  value?: JsonValue;
}

/** What a rule does. */
export type PushAction = 'notify' | SetTweak;

/** Actions that do nothing, kept as the user set them: https://spec.matrix.org/v1.19/client-server-api/#historical-actions */
export type HistoricalAction = 'dont_notify' | 'coalesce';

/** A condition as clients send it. Kinds that are not known are kept, and never match. */
export interface PushCondition extends JsonObject {
  kind: string;
}

/** A rule as clients see it. https://spec.matrix.org/v1.19/client-server-api/#push-rules */
export interface PushRule extends JsonObject {
  rule_id: string;
  /** One of the server's predefined rules. */
  default: boolean;
  enabled: boolean;
  actions: JsonValue[] & (PushAction | HistoricalAction)[];
  /** `override` and `underride` only. */
  conditions?: JsonValue[] & PushCondition[];
  /** `content` only. */
  pattern?: string;
}

/** All rules of a user, each kind from the most to the least important. */
export type PushRuleset = { [Kind in PushRuleKind]: PushRule[] };
