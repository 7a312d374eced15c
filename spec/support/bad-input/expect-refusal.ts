import { expect } from 'vitest';
import { ERROR_STATUS } from '../../../src/core/errors/error-codes.ts';
import type { RawAnswer } from './raw-request.ts';

export interface Refusal {
  readonly status?: number | readonly number[];
  readonly errcode?: string | readonly string[];
}

/**
 * A refusal as the specification wants every one: a 4xx with errcode and error in JSON, readable by web clients.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 */
export function expectRefusal(answer: RawAnswer, what: string, expected: Refusal = {}): void {
  const wrong = faultsOf(answer, expected);
  expect(wrong.length === 0 ? null : { request: what, status: answer.status, body: answer.text.slice(0, 200), wrong }).toBeNull();
}

function faultsOf({ status, headers, json }: RawAnswer, expected: Refusal): string[] {
  const wrong: string[] = [];
  if (status < 400 || status >= 500) wrong.push('it is no refusal');
  if (headers['access-control-allow-origin'] !== '*') wrong.push('web clients cannot read it');
  if (headers['content-type']?.toString().startsWith('application/json') !== true) wrong.push('its type is not JSON');
  if (expected.status !== undefined && ![expected.status].flat().includes(status))
    wrong.push(`its status is not ${[expected.status].flat().join(' or ')}`);
  // User-interactive authentication answers with its flows.
  if (status === 401 && json?.['flows'] !== undefined) return wrong;
  const errcode = String(json?.['errcode']);
  if (!Object.hasOwn(ERROR_STATUS, errcode)) wrong.push('it has no errcode');
  if (typeof json?.['error'] !== 'string') wrong.push('it has no error');
  if (expected.errcode !== undefined && ![expected.errcode].flat().includes(errcode))
    wrong.push(`its errcode is not ${[expected.errcode].flat().join(' or ')}`);
  return wrong;
}
