import { authorise } from '../../../core/auth/authorise.ts';
import { type CheckResult, PASS } from '../check-result.ts';
import { eventOf, type PduSubject } from '../pdu-subject.ts';

/** May the event be, judged by today's state? Stops people who were banned from going on in the room's past. */
export function checkCurrentState(subject: PduSubject): CheckResult {
  const { currentState, version } = subject;
  if (currentState === null) throw new Error('the current state was not given');
  const verdict = authorise(eventOf(subject), currentState, version);
  return verdict.allow ? PASS : { ok: false, rule: verdict.rule, reason: verdict.reason };
}
