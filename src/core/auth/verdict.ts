/** What the authorisation rules say about one event against one state. */
export type Verdict = Allowed | Denied;

export interface Allowed {
  readonly allow: true;
}

export interface Denied {
  readonly allow: false;
  /** Short stable name of the rule, for logs, stored verdicts and tests, e.g. `member.join.banned`. */
  readonly rule: string;
  /** One sentence for people. */
  readonly reason: string;
}

export const ALLOWED: Allowed = { allow: true };

export function deny(rule: string, reason: string): Denied {
  return { allow: false, rule, reason };
}
