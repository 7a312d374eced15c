import { MatrixError } from '../../core/errors/matrix-error.ts';
import { EVENT_FIELD_BYTES_MAX } from '../../core/events/event-limits.ts';
import type { Draft } from './draft.ts';

/**
 * What the event format demands of a client's input (https://spec.matrix.org/v1.19/client-server-api/#size-limits).
 *
 * @throws MatrixError
 */
export function checkDraft(draft: Draft): void {
  for (const [name, value] of [
    ['type', draft.type],
    ['state_key', draft.stateKey],
    ['sender', draft.sender],
  ] as const) {
    if (value === undefined) continue;
    if (Buffer.byteLength(value) > EVENT_FIELD_BYTES_MAX) {
      throw new MatrixError('M_TOO_LARGE', `${name} is longer than ${EVENT_FIELD_BYTES_MAX} bytes`);
    }
    if (value.includes('\0')) throw new MatrixError('M_BAD_JSON', `${name} contains a NUL character`);
  }
}
