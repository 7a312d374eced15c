import { expect, test } from 'vitest';
import { parsePropertyPath, propertyAt } from '../../../src/core/matching/property-path.ts';

test.each<[text: string, names: string[]]>([
  ['type', ['type']],
  ['content.body', ['content', 'body']],
  ['content.m\\.relates_to.rel_type', ['content', 'm.relates_to', 'rel_type']],
  ['content.m\\\\foo', ['content', 'm\\foo']],
  ['content.m\\\\.foo', ['content', 'm\\', 'foo']],
  ['content.m\\xfoo', ['content', 'm\\xfoo']],
  ['content.foo\\', ['content', 'foo\\']],
  ['', ['']],
  ['a..b', ['a', '', 'b']],
])('%j names %j', (text, names) => {
  expect(parsePropertyPath(text)).toEqual(names);
});

test('finds own properties of objects and nothing else', () => {
  const event = { type: 'x', content: { body: 'b', list: ['a'], nothing: null } };
  expect(propertyAt(event, ['type'])).toBe('x');
  expect(propertyAt(event, ['content', 'body'])).toBe('b');
  expect(propertyAt(event, ['content', 'nothing'])).toBeNull();
  expect(propertyAt(event, ['content', 'list', '0'])).toBeUndefined();
  expect(propertyAt(event, ['content', 'body', 'length'])).toBeUndefined();
  expect(propertyAt(event, ['content', 'constructor'])).toBeUndefined();
  expect(propertyAt(event, ['missing', 'below'])).toBeUndefined();
});
