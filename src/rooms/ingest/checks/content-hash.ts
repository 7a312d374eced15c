import { hasValidContentHash } from '../../../core/events/event-hashes.ts';
import { type CheckResult, PASS } from '../check-result.ts';
import { eventOf, type PduSubject } from '../pdu-subject.ts';

/** Is the content the one that was signed? If not, only the redacted form can be trusted. */
export function checkContentHash(subject: PduSubject): CheckResult {
  if (hasValidContentHash(eventOf(subject).pdu, subject.version)) return PASS;
  return { ok: false, rule: 'hash', reason: 'the content hash does not match' };
}
