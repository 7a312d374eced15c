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
export function expectRefusal(answer: RawAnswer, what: string, { status, errcode }: Refusal = {}): void {
  const shown = `${what}: ${answer.status} ${answer.text.slice(0, 200)}`;
  expect(answer.status, shown).toBeGreaterThanOrEqual(400);
  expect(answer.status, shown).toBeLessThan(500);
  expect(answer.headers['access-control-allow-origin'], shown).toBe('*');
  expect(answer.headers['content-type'], shown).toMatch(/^application\/json/);
  if (status !== undefined) expect([status].flat(), shown).toContain(answer.status);
  // User-interactive authentication answers with its flows.
  if (answer.status === 401 && answer.json?.['flows'] !== undefined) return;
  expect(answer.json, shown).toMatchObject({ errcode: expect.any(String), error: expect.any(String) });
  expect(Object.keys(ERROR_STATUS), shown).toContain(answer.json?.['errcode']);
  if (errcode !== undefined) expect([errcode].flat(), shown).toContain(answer.json?.['errcode']);
}
