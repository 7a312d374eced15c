import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileGlob } from '../../../src/core/matching/glob.ts';

/** Few letters, so that patterns and values meet. */
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '_', '-', '*', '?', '😀'), maxLength: 40 });
const value = fc.string({ unit: fc.constantFrom('a', 'b', '_', '-', '😀'), maxLength: 60 });

/** The same by a regular expression, whose running time is no matter at these sizes. */
function regexOf(glob: string): string {
  return [...glob.replaceAll(/\*+/g, '*')].map((c) => (c === '*' ? '[^]*' : c === '?' ? '[^]' : c)).join('');
}

test('the whole value matches when the regular expression does', () => {
  fc.assert(
    fc.property(
      pattern.filter((glob) => (glob.match(/\*+/g) ?? []).length < 5),
      value,
      (glob, text) => {
        expect(compileGlob(glob, { match: 'whole', ignoreCase: false })(text)).toBe(new RegExp(`^${regexOf(glob)}$`, 'u').test(text));
      },
    ),
    { numRuns: 1000 },
  );
});

test('words match when the regular expression does', () => {
  fc.assert(
    fc.property(
      pattern.filter((glob) => (glob.match(/\*+/g) ?? []).length < 4),
      value,
      (glob, text) => {
        const regex = new RegExp(`(?<![A-Za-z0-9_])${regexOf(glob)}(?![A-Za-z0-9_])`, 'u');
        expect(compileGlob(glob, { match: 'words', ignoreCase: false })(text)).toBe(regex.test(text));
      },
    ),
    { numRuns: 1000 },
  );
});

test('a pattern made to explode costs no more than another', () => {
  const matches = compileGlob(`${'*a'.repeat(500)}b`, { match: 'whole', ignoreCase: false });
  expect(matches('a'.repeat(60_000))).toBe(false);
});
