import { type CheckResult, PASS } from '../check-result.ts';
import { eventOf, type PduSubject } from '../pdu-subject.ts';

/** Do the plug-ins let it through? */
export async function checkHooks(subject: PduSubject): Promise<CheckResult> {
  const { roomId, sender, type, stateKey, content } = eventOf(subject);
  const verdict = await subject.check('checkEvent', { roomId, sender, type, stateKey, content, origin: subject.origin });
  return verdict.allow ? PASS : { ok: false, rule: 'plug-in', reason: verdict.reason };
}
