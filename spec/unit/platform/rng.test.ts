import { expect, test } from 'vitest';
import { systemRng, tokenFrom } from '../../../src/platform/rng.ts';
import { SeededRng } from '../../../src/platform/seeded-rng.ts';

test('tokens have the asked length and alphabet', () => {
  for (const length of [0, 1, 7, 64]) expect(systemRng.token(length)).toMatch(new RegExp(`^[A-Za-z0-9]{${length}}$`));
});

test('bytes that would favour some letters are thrown away', () => {
  const bytes = [255, 248, 0, 61, 62, 247];
  expect(tokenFrom((n) => Uint8Array.from(bytes.splice(0, n)), 4)).toBe('A9A9');
});

test('the same seed gives the same stream, however it is cut', () => {
  const whole = new SeededRng('seed').bytes(100);
  const parts = new SeededRng('seed');
  expect(Buffer.concat([parts.bytes(1), parts.bytes(40), parts.bytes(59)])).toEqual(whole);
  expect(new SeededRng('other').bytes(100)).not.toEqual(whole);
});

test('numbers stay in their range', () => {
  const rng = new SeededRng(1);
  for (let i = 0; i < 1_000; i++) {
    expect(rng.int(6)).toBeLessThan(6);
    expect(systemRng.int(3)).toBeGreaterThanOrEqual(0);
    const x = systemRng.float();
    expect(x >= 0 && x < 1).toBe(true);
  }
  expect(new Set(Array.from({ length: 200 }, () => rng.int(6))).size).toBe(6);
});
