import { expect, test } from 'vitest';
import { findMachineNames } from '../../scripts/portable/find-machine-names.ts';

test.each([
  'const folder = "/work/checkout";',
  'cd /root/.cache',
  'see /home/somebody/weft',
  'see /Users/somebody/weft',
  'read /tmp/notes.txt',
])('a path of one machine is found: %s', (text) => {
  expect(findMachineNames('docs/a.md', `fine\n${text}\n`)).toMatchObject([{ file: 'docs/a.md', line: 2 }]);
});

test.each([
  './work/a',
  'https://example.org/home/page',
  '/var/lib/weft',
  '/tmp/weft-test-1',
  'src/app/root/a.ts',
  '/_matrix/client/v3/home',
])('other paths are free: %s', (text) => {
  expect(findMachineNames('docs/a.md', text)).toEqual([]);
});

test('packages come from the public registry or from nowhere in particular', () => {
  const lines = [
    '"resolved": "https://registry.npmjs.org/a/-/a-1.tgz",',
    '"resolved": "http://mirror.example/a/-/a-1.tgz",',
    '"version": "1.0.0",',
  ];
  expect(findMachineNames('package-lock.json', lines.join('\n'))).toMatchObject([{ line: 2 }]);
});
