import { requiredSigners } from '../../../core/events/required-signers.ts';
import { verifyEventSignature } from '../../../core/events/sign-event.ts';
import { type CheckResult, PASS } from '../check-result.ts';
import { eventOf, type PduSubject } from '../pdu-subject.ts';

/** Have all servers signed the event that must have? Which keys count at its time was decided when they were looked up. */
export function checkSignatures(subject: PduSubject): CheckResult {
  const { pdu } = eventOf(subject);
  for (const server of requiredSigners(pdu, subject.version)) {
    const verified = verifyEventSignature(pdu, subject.version, server, (keyId) => subject.keys(server, keyId));
    if (!verified.ok) return { ok: false, rule: 'signature', reason: verified.reason };
  }
  return PASS;
}
