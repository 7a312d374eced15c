import { MatrixError } from '../errors/matrix-error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { GLOB_LENGTH_MAX } from '../matching/glob.ts';
import { normaliseCondition } from './normalise-ruleset.ts';
import { isSetTweak } from './push-outcome.ts';
import type { HistoricalAction, PushAction, PushCondition, PushRule, PushRuleKind } from './push-rule.ts';

/** UTF-16 code units. */
export const PUSH_RULE_ID_LENGTH_MAX = 512;
export const PUSH_ACTIONS_MAX = 20;
export const PUSH_CONDITIONS_MAX = 50;

const CONDITION_KINDS: ReadonlySet<string> = new Set([
  'event_match',
  'event_property_is',
  'event_property_contains',
  'contains_display_name',
  'room_member_count',
  'sender_notification_permission',
]);

/**
 * Checks the body of `PUT /pushrules/global/{kind}/{ruleId}` and makes an enabled rule of it. Throws M_BAD_JSON, or M_INVALID_PARAM for
 * the rule id. Keys that do not belong to the kind are dropped.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid
 */
export function parsePushRule(kind: PushRuleKind, ruleId: string, body: unknown): PushRule {
  checkOwnRuleId(ruleId);
  if (!isJsonObject(body)) throw bad('The rule must be an object');
  const rule: PushRule = { rule_id: ruleId, default: false, enabled: true, actions: parsePushActions(body) };
  if (kind === 'override' || kind === 'underride') rule.conditions = parseConditions(body);
  if (kind === 'content') rule.pattern = parsePattern(body);
  return rule;
}

/** The actions in a body `{ "actions": [...] }`. Throws M_BAD_JSON. */
export function parsePushActions(body: unknown): (PushAction | HistoricalAction)[] {
  const actions = isJsonObject(body) ? body['actions'] : undefined;
  if (!Array.isArray(actions)) throw bad('actions must be a list');
  if (actions.length > PUSH_ACTIONS_MAX) throw bad(`actions may have at most ${PUSH_ACTIONS_MAX} entries`);
  return actions.map(parseAction);
}

/** The flag in a body `{ "enabled": true }`. Throws M_BAD_JSON. */
export function parsePushEnabled(body: unknown): boolean {
  const enabled = isJsonObject(body) ? body['enabled'] : undefined;
  if (typeof enabled !== 'boolean') throw bad('enabled must be true or false');
  return enabled;
}

function parseAction(action: JsonValue): PushAction | HistoricalAction {
  if (action === 'notify' || action === 'dont_notify' || action === 'coalesce' || isSetTweak(action)) return action;
  throw bad('An action is "notify" or an object with set_tweak');
}

/** Names that start with a dot belong to the predefined rules. */
function checkOwnRuleId(ruleId: string): void {
  if (ruleId === '' || ruleId.length > PUSH_RULE_ID_LENGTH_MAX) throw invalidId('The rule id is empty or too long');
  if (ruleId.startsWith('.')) throw invalidId('Rule ids that start with a dot are reserved');
  if (/[/\\]/.test(ruleId)) throw invalidId('A rule id has no slashes and backslashes');
}

function parseConditions(body: JsonObject): PushCondition[] {
  const conditions = body['conditions'] ?? [];
  if (!Array.isArray(conditions)) throw bad('conditions must be a list');
  if (conditions.length > PUSH_CONDITIONS_MAX) throw bad(`conditions may have at most ${PUSH_CONDITIONS_MAX} entries`);
  return conditions.map((condition) => {
    if (!isCondition(condition)) throw bad('A condition is an object with a kind');
    // Conditions that nobody here knows are kept for other software; they never match.
    if (CONDITION_KINDS.has(condition.kind) && normaliseCondition(condition, null) === null) {
      throw bad(`The ${condition.kind} condition lacks a parameter or has an unfit one`);
    }
    if (typeof condition['pattern'] === 'string') checkPatternLength(condition['pattern']);
    return condition;
  });
}

function isCondition(value: JsonValue): value is PushCondition {
  return isJsonObject(value) && typeof value['kind'] === 'string';
}

function parsePattern(body: JsonObject): string {
  const { pattern } = body;
  if (typeof pattern !== 'string') throw bad('A content rule needs a pattern');
  checkPatternLength(pattern);
  return pattern;
}

function checkPatternLength(pattern: string): void {
  if (pattern.length > GLOB_LENGTH_MAX) throw bad(`A pattern has at most ${GLOB_LENGTH_MAX} characters`);
}

function bad(message: string): MatrixError {
  return new MatrixError('M_BAD_JSON', message);
}

function invalidId(message: string): MatrixError {
  return new MatrixError('M_INVALID_PARAM', message);
}
