import { compileCondition, type PushContext, type PushTest } from './compile-condition.ts';
import { type NormalCondition, normaliseRuleset, type RulesetOwner } from './normalise-ruleset.ts';
import type { PropertyPath } from '../matching/property-path.ts';
import { NO_PUSH, outcomeOf, type PushOutcome } from './push-outcome.ts';
import type { PushRuleKind, PushRuleset } from './push-rule.ts';

interface CompiledRule {
  readonly tests: readonly PushTest[];
  readonly outcome: PushOutcome;
}

/** A ruleset ready to run. Users whose rulesets have the same `programKey` can share one. */
export interface PushProgram {
  readonly override: readonly CompiledRule[];
  readonly content: readonly CompiledRule[];
  readonly room: ReadonlyMap<string, PushOutcome>;
  readonly sender: ReadonlyMap<string, PushOutcome>;
  readonly underride: readonly CompiledRule[];
  /** The result depends on the owner's display name in the room. */
  readonly usesDisplayName: boolean;
  /** Properties where the owner's id would make a difference. */
  readonly userPaths: readonly PropertyPath[];
}

/** https://spec.matrix.org/v1.19/client-server-api/#push-rules */
export function compileRuleset(ruleset: PushRuleset, owner: RulesetOwner): PushProgram {
  const rules = normaliseRuleset(ruleset, owner);
  const conditions = rules.flatMap((rule) => rule.conditions);
  const list = (kind: PushRuleKind): CompiledRule[] =>
    rules
      .filter((rule) => rule.kind === kind)
      .map((rule) => ({ tests: rule.conditions.map(compileCondition), outcome: outcomeOf(rule.actions) }));
  const byTarget = (kind: PushRuleKind): Map<string, PushOutcome> => {
    const outcomes = new Map<string, PushOutcome>();
    for (const rule of rules) {
      if (rule.kind === kind && rule.target !== null && !outcomes.has(rule.target)) outcomes.set(rule.target, outcomeOf(rule.actions));
    }
    return outcomes;
  };
  return {
    override: list('override'),
    content: list('content'),
    room: byTarget('room'),
    sender: byTarget('sender'),
    underride: list('underride'),
    usesDisplayName: conditions.some((condition) => condition.test === 'display_name'),
    userPaths: distinctPaths(conditions),
  };
}

function distinctPaths(conditions: readonly NormalCondition[]): PropertyPath[] {
  const paths = new Map<string, PropertyPath>();
  for (const condition of conditions) {
    if (condition.test === 'user_is' || condition.test === 'user_in') paths.set(JSON.stringify(condition.path), condition.path);
  }
  return [...paths.values()];
}

/**
 * Runs a program over one event. The first matching rule of the first matching kind decides.
 * Nobody is notified about what they sent themselves.
 */
export function evaluate(program: PushProgram, context: PushContext): PushOutcome {
  const { sender, roomId } = context.event;
  if (sender !== undefined && sender === context.userId) return NO_PUSH;
  return (
    firstMatch(program.override, context) ??
    firstMatch(program.content, context) ??
    (roomId === undefined ? undefined : program.room.get(roomId)) ??
    (sender === undefined ? undefined : program.sender.get(sender)) ??
    firstMatch(program.underride, context) ??
    NO_PUSH
  );
}

function firstMatch(rules: readonly CompiledRule[], context: PushContext): PushOutcome | undefined {
  return rules.find((rule) => rule.tests.every((test) => test(context)))?.outcome;
}
