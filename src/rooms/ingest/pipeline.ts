import type { CheckResult } from './check-result.ts';
import type { PduSubject } from './pdu-subject.ts';
import { checkAuthEventsRule } from './checks/auth-events.ts';
import { checkContentHash } from './checks/content-hash.ts';
import { checkCurrentState } from './checks/current-state.ts';
import { checkFormat } from './checks/format.ts';
import { checkHooks } from './checks/hooks.ts';
import { checkSignatures } from './checks/signatures.ts';
import { checkStateBefore } from './checks/state-before.ts';

/** How an event came here. */
export type Arrival =
  /** Made by this server for one of its users. */
  | 'local'
  /** In a transaction of another server, or fetched because a later event names it. */
  | 'remote'
  /** Known only for its place in auth chains or state. */
  | 'outlier'
  /** History from before we were in the room. */
  | 'backfill';

/**
 * What a failed check means.
 * - `refuse`: the caller gets an error, nothing is stored.
 * - `drop`: the event is not stored.
 * - `redact`: it goes on in its redacted form.
 * - `reject`: stored, never shown, never state, never an extremity.
 * - `softFail`: stored and part of the graph's past, never shown, never an extremity.
 */
export type Failure = 'refuse' | 'drop' | 'redact' | 'reject' | 'softFail';

export interface ReceiptCheck {
  readonly name: CheckName;
  readonly run: (subject: PduSubject) => CheckResult | Promise<CheckResult>;
  /** What failure means for each arrival; null: the check is not made. */
  readonly failure: { readonly [A in Arrival]: Failure | null };
}

export type CheckName =
  | 'format and limits'
  | 'signatures'
  | 'content hash'
  | 'auth by auth events'
  | 'auth by state before'
  | 'auth by current state'
  | 'plug-ins';

/**
 * The checks that every event passes, in the order of the specification. Joins, invites and knocks over federation hand their own
 * event through the column `remote`, and the state that comes with it through `outlier`.
 *
 * @see https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu
 */
export const RECEIPT_CHECKS: readonly ReceiptCheck[] = [
  //                                                            local     remote    outlier   backfill
  row('format and limits', checkFormat, /*           */ 'refuse', 'drop', 'drop', 'drop'),
  row('signatures', checkSignatures, /*              */ null, 'drop', 'drop', 'drop'),
  row('content hash', checkContentHash, /*           */ null, 'redact', 'redact', 'redact'),
  row('auth by auth events', checkAuthEventsRule, /* */ null, 'reject', 'reject', 'reject'),
  row('auth by state before', checkStateBefore, /*   */ 'refuse', 'reject', null, null),
  row('auth by current state', checkCurrentState, /* */ null, 'softFail', null, null),
  row('plug-ins', checkHooks, /*                     */ 'refuse', 'softFail', null, null),
];

function row(
  name: CheckName,
  run: ReceiptCheck['run'],
  local: Failure | null,
  remote: Failure | null,
  outlier: Failure | null,
  backfill: Failure | null,
): ReceiptCheck {
  return { name, run, failure: { local, remote, outlier, backfill } };
}
