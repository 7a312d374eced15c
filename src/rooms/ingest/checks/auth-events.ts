import { authorise } from '../../../core/auth/authorise.ts';
import { checkAuthEvents } from '../../../core/auth/check-auth-events.ts';
import { stateTuple } from '../../../core/state-res/state-map.ts';
import { type CheckResult, PASS } from '../check-result.ts';
import { eventOf, type PduSubject } from '../pdu-subject.ts';

/** May the event be, judged by the events that it cites itself? */
export function checkAuthEventsRule(subject: PduSubject): CheckResult {
  const event = eventOf(subject);
  const cited = checkAuthEvents(event, subject.cited, subject.version);
  if (!cited.allow) return { ok: false, rule: cited.rule, reason: cited.reason };
  const state = new Map(subject.cited.map(({ event: auth }) => [stateTuple(auth.type, auth.stateKey ?? ''), auth]));
  if (subject.implied !== null) state.set(stateTuple('m.room.create', ''), subject.implied);
  const verdict = authorise(event, (type, stateKey) => state.get(stateTuple(type, stateKey)), subject.version);
  return verdict.allow ? PASS : { ok: false, rule: verdict.rule, reason: verdict.reason };
}
