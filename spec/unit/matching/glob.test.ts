import { describe, expect, test } from 'vitest';
import { compileGlob, GLOB_LENGTH_MAX, type GlobOptions } from '../../../src/core/matching/glob.ts';

const whole: GlobOptions = { match: 'whole', ignoreCase: false };
const words: GlobOptions = { match: 'words', ignoreCase: false };

describe('a glob over the whole value', () => {
  test.each<[pattern: string, value: string, matches: boolean]>([
    ['', '', true],
    ['', 'a', false],
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['abc', 'xabc', false],
    ['*', '', true],
    ['*', 'anything at all', true],
    ['a*c', 'ac', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abcd', false],
    ['a**c', 'abc', true],
    ['*.example.org', 'matrix.example.org', true],
    ['*.example.org', 'example.org', false],
    ['?', '', false],
    ['?', 'a', true],
    ['?', 'ab', false],
    ['?', '😀', true],
    ['a?c', 'abc', true],
    ['a?*', 'a', false],
    ['a?*', 'ab', true],
    ['*😀*', 'so 😀 here', true],
    ['lunc?*', 'lunch plans', true],
    ['lunc?*', ' lunch', false],
    ['[a-z]*', 'abc', false],
    ['a.c', 'abc', false],
    ['*ab*ab', 'abxabab', true],
    ['*ab*ab', 'abxaba', false],
  ])('%j against %j: %j', (pattern, value, matches) => {
    expect(compileGlob(pattern, whole)(value)).toBe(matches);
  });

  test('is longer than one machine word', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
    const matches = compileGlob(`${letters}*${letters}?`, whole);
    expect(matches(`${letters}--${letters}!`)).toBe(true);
    expect(matches(`${letters}--${letters}`)).toBe(false);
    expect(matches(`${letters}--${letters.slice(1)}!`)).toBe(false);
  });

  test('folds its own case when case does not count', () => {
    expect(compileGlob('LUNCH', { ...whole, ignoreCase: true })('lunch')).toBe(true);
    expect(compileGlob('LU*CH', { ...whole, ignoreCase: true })('lunch')).toBe(true);
    expect(compileGlob('LUNCH', whole)('lunch')).toBe(false);
  });

  test('takes a question mark literally when told to', () => {
    const matches = compileGlob('a?*', { ...whole, questionMark: false });
    expect(matches('a?b')).toBe(true);
    expect(matches('abb')).toBe(false);
    expect(compileGlob('a?', { ...whole, questionMark: false })('ab')).toBe(false);
  });

  test('matches nothing when it is too long', () => {
    const longest = 'a'.repeat(GLOB_LENGTH_MAX);
    expect(compileGlob(longest, whole)(longest)).toBe(true);
    expect(compileGlob(`${longest}a`, whole)(`${longest}a`)).toBe(false);
  });
});

describe('a glob over words', () => {
  test.each<[pattern: string, value: string, matches: boolean]>([
    ['ex*ple', 'An example event.', true],
    ['ex*ple', 'exple', true],
    ['ex*ple', 'An exciting triple-whammy', true],
    ['ex*ple', 'An examples event', false],
    ['ex*ple', 'an unexample', false],
    ['cake', 'cake', true],
    ['cake', 'a cake!', true],
    ['cake', 'cakes', false],
    ['cake', 'pancake', false],
    ['cake', 'pancake, cake', true],
    ['cake', 'my_cake', false],
    ['cake', 'cake_1', false],
    ['cake', '1cake', false],
    ['cake', 'cake9', false],
    ['cake', 'Xcake', false],
    ['cake', 'cakeZ', false],
    ['cake', 'écake', true],
    ['cake', 'pie', false],
    ['c?ke', 'the cake is', true],
    ['c?ke', 'the cke is', false],
    ['c?ke', 'xcake cakex', false],
    ['cake*', 'cakewalk', true],
    ['*cake', 'pancake', true],
    ['*cake', 'cakewalk', false],
    ['*', 'word', true],
    ['*', '', true],
    ['a b', 'x a b y', true],
    ['', '', true],
    ['', 'word', false],
    ['', 'two, words.', true],
  ])('%j in %j: %j', (pattern, value, matches) => {
    expect(compileGlob(pattern, words)(value)).toBe(matches);
  });
});
