import { expect, test } from 'vitest';
import { parseByteRange } from '../../src/modules/media/byte-range.ts';
import { contentDisposition } from '../../src/modules/media/content-disposition.ts';
import { thumbnailBox } from '../../src/modules/media/thumbnail-box.ts';

test.each([
  [undefined, null],
  ['bytes=0-4', { start: 0, end: 4 }],
  ['bytes=5-', { start: 5, end: 9 }],
  ['bytes=-3', { start: 7, end: 9 }],
  ['bytes=-99', { start: 0, end: 9 }],
  ['bytes=8-99', { start: 8, end: 9 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=4-2', null],
  ['bytes=-', null],
  ['bytes=0-1,3-4', null],
  ['lines=0-4', null],
])('range %j of ten bytes', (header, expected) => {
  expect(parseByteRange(header, 10)).toEqual(expected);
});

test('no range of an empty file can be satisfied', () => {
  expect(parseByteRange('bytes=0-', 0)).toBe('unsatisfiable');
  expect(parseByteRange('bytes=-5', 0)).toBe('unsatisfiable');
});

test.each([
  ['image/png', null, 'inline'],
  ['Text/Plain; charset=utf-8', 'a.txt', 'inline; filename="a.txt"'],
  ['text/html', 'a.html', 'attachment; filename="a.html"'],
  ['image/svg+xml', null, 'attachment'],
  ['image/png', 'say "hi" \\ bye.png', 'inline; filename="say \\"hi\\" \\\\ bye.png"'],
  ['image/png', 'käse (1).png', "inline; filename*=utf-8''k%C3%A4se%20%281%29.png"],
  ['image/png', 'a\r\nX-Evil: 1', "inline; filename*=utf-8''a%0D%0AX-Evil%3A%201"],
  ['image/png', 'lone \ud800', "inline; filename*=utf-8''lone%20%EF%BF%BD"],
])('disposition of %j named %j', (type, name, expected) => {
  expect(contentDisposition(type, name)).toBe(expected);
});

test.each([
  [
    { width: 32, height: 32, method: 'crop' },
    { width: 32, height: 32, method: 'crop' },
  ],
  [
    { width: 33, height: 20, method: 'crop' },
    { width: 64, height: 32, method: 'crop' },
  ],
  [
    { width: 321, height: 10, method: 'scale' },
    { width: 640, height: 480, method: 'scale' },
  ],
  [
    { width: 800, height: 600, method: 'scale' },
    { width: 800, height: 600, method: 'scale' },
  ],
  [
    { width: 5000, height: 10, method: 'scale' },
    { width: 0, height: 0, method: 'scale' },
  ],
  [
    { width: 5000, height: 10, method: 'crop' },
    { width: 0, height: 0, method: 'scale' },
  ],
] as const)('the box for %j', (asked, expected) => {
  expect(thumbnailBox({ ...asked, animated: false })).toEqual({ ...expected, animated: false });
});
