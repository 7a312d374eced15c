import { authorise } from '../../../core/auth/authorise.ts';
import { type CheckResult, PASS } from '../check-result.ts';
import { eventOf, type PduSubject } from '../pdu-subject.ts';

/** May the event be, judged by the state of the room just before it? */
export function checkStateBefore(subject: PduSubject): CheckResult {
  const { stateBefore, version } = subject;
  if (stateBefore === null) throw new Error('the state before the event was not worked out');
  const verdict = authorise(eventOf(subject), stateBefore, version);
  return verdict.allow ? PASS : { ok: false, rule: verdict.rule, reason: verdict.reason };
}
