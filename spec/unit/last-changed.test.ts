import { expect, test } from 'vitest';
import { LastChanged } from '../../src/plugin-api/last-changed.ts';

test('what changed before listening began may have changed', () => {
  const changed = new LastChanged<string>(10);
  expect(changed.since('alice', 9)).toBe(true);
  expect(changed.since('alice', 10)).toBe(false);
});

test('a change is news for those who were not there yet', () => {
  const changed = new LastChanged<string>(10);
  changed.note('alice', 12);
  expect([11, 12].map((from) => changed.since('alice', from))).toEqual([true, false]);
  expect(changed.since('bob', 11)).toBe(false);
});

test('a forgotten key never makes a change go unnoticed', () => {
  const changed = new LastChanged<string>(10, 2);
  changed.note('alice', 11);
  changed.note('bob', 12);
  changed.note('carol', 13);
  expect(changed.since('alice', 10)).toBe(true);
  expect(changed.since('dave', 10)).toBe(true);
  expect(changed.since('dave', 11)).toBe(false);
  expect(changed.since('bob', 11)).toBe(true);
});
