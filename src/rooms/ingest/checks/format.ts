import { canonicalJsonOf } from '../../../core/events/event-hashes.ts';
import { checkEventFormat } from '../../../core/events/check-event-format.ts';
import type { Pdu } from '../../../core/events/pdu.ts';
import { roomEventFromPdu } from '../../../core/events/room-event-from-pdu.ts';
import { type CheckResult, PASS } from '../check-result.ts';
import type { PduSubject } from '../pdu-subject.ts';

/** Does the event have the format and the limits of its room version? Says nothing about what it means. */
export function checkFormat(subject: PduSubject): CheckResult {
  const format = checkEventFormat(subject.raw, subject.version);
  if (!format.ok) return { ok: false, rule: 'format', reason: format.reason };
  // `unsigned` is what the sending server says about the event today; it is not part of the event and not stored.
  const { unsigned, ...rest } = format.pdu;
  subject.pdu = rest as Pdu;
  subject.json = unsigned === undefined ? format.json : canonicalJsonOf(subject.version)(rest);
  subject.event = roomEventFromPdu(subject.pdu, subject.version);
  return PASS;
}
