import { expect, test } from 'vitest';
import type { EventId, UserId } from '../../src/core/ids/brands.ts';
import { ChildrenCache } from '../../src/modules/relations/children-cache.ts';
import type { ChildRow, Parent } from '../../src/modules/relations/store.ts';
import type { StoredEvent } from '../../src/plugin-api/stored-event.ts';

const ROOM = 7;
const event = (name: string, num: number) => ({ roomNid: ROOM, eventId: `$${name}` as EventId, num }) as StoredEvent;
const reply = (parent: StoredEvent, num: number): ChildRow => ({
  parentId: parent.eventId,
  relType: 'm.thread',
  num,
  depth: num,
  sender: '@a:weft.test' as UserId,
  eventId: '' as EventId,
  count: 1,
});
const parent = event('parent', 1);
const childless = event('childless', 2);

function cacheOver(rows: ChildRow[]) {
  const loads: string[][] = [];
  const cache = new ChildrenCache(async (_roomNid, parents: readonly Parent[]) => {
    loads.push(parents.map((asked) => asked.eventId));
    return rows;
  });
  return { cache, loads };
}

test('what was read is known, with children or without', async () => {
  const { cache } = cacheOver([reply(parent, 3)]);
  expect(cache.known(parent)).toBeUndefined();
  const read = await cache.read(ROOM, [parent, childless]);
  expect(read.get(1)).toHaveLength(1);
  expect(cache.known(parent)).toHaveLength(1);
  expect(cache.known(childless)).toEqual([]);
});

test('a new event is known to have no children without being read', () => {
  const { cache, loads } = cacheOver([]);
  cache.isNew(ROOM, parent.eventId);
  expect(cache.known(parent)).toEqual([]);
  expect(loads).toEqual([]);
});

const child = (num: number, sender: string) => ({ ...event(`child${num}`, num), seq: num, flags: 0, depth: num, sender }) as StoredEvent;

test('an edit makes its parent unknown and leaves the others; a reaction changes nothing', async () => {
  const { cache } = cacheOver([]);
  await cache.read(ROOM, [parent, childless]);
  cache.childAdded(child(3, '@a:weft.test'), { relType: 'm.annotation', parentId: parent.eventId });
  expect(cache.known(parent)).toEqual([]);
  cache.childAdded(child(3, '@a:weft.test'), { relType: 'm.replace', parentId: parent.eventId });
  expect(cache.known(parent)).toBeUndefined();
  expect(cache.known(childless)).toEqual([]);
});

test('replies and references are added to what is known', async () => {
  const { cache } = cacheOver([reply(parent, 3)]);
  await cache.read(ROOM, [parent, childless]);
  cache.childAdded(child(4, '@a:weft.test'), { relType: 'm.thread', parentId: parent.eventId });
  cache.childAdded(child(5, '@b:weft.test'), { relType: 'm.thread', parentId: parent.eventId });
  cache.childAdded(child(6, '@a:weft.test'), { relType: 'm.reference', parentId: childless.eventId });
  cache.childAdded(child(7, '@a:weft.test'), { relType: 'm.reference', parentId: childless.eventId });
  expect(cache.known(parent)).toMatchObject([
    { relType: 'm.thread', sender: '@a:weft.test', num: 4, count: 2 },
    { relType: 'm.thread', sender: '@b:weft.test', num: 5, count: 1 },
  ]);
  expect(cache.known(childless)).toMatchObject([
    { relType: 'm.reference', num: 7, eventId: '$child7' },
    { relType: 'm.reference', num: 6, eventId: '$child6' },
  ]);
});

test.each([
  ['that is older than what is known', { ...child(8, '@b:weft.test'), depth: 1 }],
  ['that the reading has seen already', child(3, '@a:weft.test')],
])('after a reply %s the parent is read again', async (_what, late) => {
  const { cache } = cacheOver([reply(parent, 3)]);
  await cache.read(ROOM, [parent]);
  cache.childAdded(late, { relType: 'm.thread', parentId: parent.eventId });
  expect(cache.known(parent)).toBeUndefined();
});

test('a reply to a parent that is not known leaves it to be read', () => {
  const { cache } = cacheOver([]);
  cache.childAdded(child(4, '@a:weft.test'), { relType: 'm.thread', parentId: parent.eventId });
  expect(cache.known(parent)).toBeUndefined();
});

test('a redaction makes events with children unknown, in its own room only', async () => {
  const { cache } = cacheOver([reply(parent, 3)]);
  await cache.read(ROOM, [parent, childless]);
  cache.redacted(ROOM + 1);
  expect(cache.known(parent)).toHaveLength(1);
  cache.redacted(ROOM);
  expect(cache.known(parent)).toBeUndefined();
  expect(cache.known(childless)).toEqual([]);
  await cache.read(ROOM, [parent]);
  expect(cache.known(parent)).toHaveLength(1);
});

test('a child or a redaction that comes during a read is not lost', async () => {
  const answers: ((rows: ChildRow[]) => void)[] = [];
  const cache = new ChildrenCache(() => new Promise((resolve) => answers.push(resolve)));
  const read = cache.read(ROOM, [parent]);
  cache.childAdded(child(3, '@a:weft.test'), { relType: 'm.thread', parentId: parent.eventId });
  answers[0]?.([]);
  await read;
  expect(cache.known(parent)).toBeUndefined();

  const again = cache.read(ROOM, [parent]);
  cache.redacted(ROOM);
  answers[1]?.([reply(parent, 3)]);
  await again;
  expect(cache.known(parent)).toBeUndefined();
});
