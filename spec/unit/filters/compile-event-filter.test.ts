import { describe, expect, test } from 'vitest';
import { applyEventFields } from '../../../src/core/filters/apply-event-fields.ts';
import {
  compileEventFilter,
  compileRoomFilter,
  type FilterableEvent,
  needsRelations,
} from '../../../src/core/filters/compile-event-filter.ts';
import { parseRoomEventFilter, parseSyncFilter } from '../../../src/core/filters/parse-filter.ts';

const EVENT: FilterableEvent = { type: 'm.room.message', sender: '@a:x', roomId: '!r:x', content: { body: 'hi' } };

function passes(filter: object, event: FilterableEvent = EVENT): boolean {
  return compileEventFilter(parseRoomEventFilter(filter))(event);
}

describe('a compiled filter', () => {
  test.each<[filter: object, passes: boolean]>([
    [{}, true],
    [{ types: ['m.room.message'] }, true],
    [{ types: ['m.room.member'] }, false],
    [{ types: ['m.room'] }, false],
    [{ types: ['m.room.*'] }, true],
    [{ types: ['m.*age'] }, true],
    [{ types: ['m.call.*', '*'] }, true],
    [{ types: ['m.room.messag?'] }, false],
    [{ types: ['M.ROOM.*'] }, false],
    [{ types: [] }, false],
    [{ not_types: [] }, true],
    [{ not_types: ['m.room.message'] }, false],
    [{ not_types: ['m.room.*'] }, false],
    [{ not_types: ['m.call.*'] }, true],
    [{ types: ['m.room.message'], not_types: ['*'] }, false],
    [{ senders: ['@a:x'] }, true],
    [{ senders: ['@b:x'] }, false],
    [{ senders: [] }, false],
    [{ not_senders: ['@a:x'] }, false],
    [{ not_senders: ['@b:x'] }, true],
    [{ senders: ['@a:x'], not_senders: ['@a:x'] }, false],
    [{ rooms: ['!r:x'] }, true],
    [{ rooms: ['!s:x'] }, false],
    [{ rooms: [] }, false],
    [{ not_rooms: ['!r:x'] }, false],
    [{ not_rooms: ['!s:x'] }, true],
    [{ rooms: ['!r:x'], not_rooms: ['!r:x'] }, false],
    [{ contains_url: true }, false],
    [{ contains_url: false }, true],
    [{ types: ['m.room.message'], senders: ['@a:x'], rooms: ['!r:x'] }, true],
    [{ types: ['m.room.message'], senders: ['@a:x'], rooms: ['!s:x'] }, false],
    [{ types: ['m.room.message'], senders: ['@b:x'], rooms: ['!r:x'] }, false],
    [{ types: ['m.room.topic'], senders: ['@a:x'], rooms: ['!r:x'] }, false],
  ])('%j: %j', (filter, expected) => {
    expect(passes(filter)).toBe(expected);
  });

  test('looks for the url key whatever its value', () => {
    expect(passes({ contains_url: true }, { ...EVENT, content: { url: null } })).toBe(true);
    expect(passes({ contains_url: false }, { ...EVENT, content: { url: 'mxc://x/y' } })).toBe(false);
  });

  test('lets events without a sender pass unless senders are asked for', () => {
    const typing: FilterableEvent = { type: 'm.typing', content: {} };
    expect(passes({ not_senders: ['@a:x'] }, typing)).toBe(true);
    expect(passes({ senders: ['@a:x'] }, typing)).toBe(false);
    expect(passes({ rooms: ['!other:x'] }, typing)).toBe(true);
  });

  test('works without the keys of rooms', () => {
    const filter = compileEventFilter(parseSyncFilter({ presence: { not_senders: ['@a:x'] } }).presence);
    expect(filter({ type: 'm.presence', sender: '@a:x', content: {} })).toBe(false);
    expect(filter({ type: 'm.presence', sender: '@b:x', content: {} })).toBe(true);
  });

  test('wants one relation that fits both lists', () => {
    const filter = parseRoomEventFilter({ related_by_senders: ['@b:x'], related_by_rel_types: ['m.thread'] });
    const compiled = compileEventFilter(filter);
    expect(needsRelations(filter)).toBe(true);
    expect(compiled(EVENT)).toBe(false);
    expect(compiled(EVENT, [{ sender: '@b:x', relType: 'm.thread' }])).toBe(true);
    expect(
      compiled(EVENT, [
        { sender: '@b:x', relType: 'm.replace' },
        { sender: '@c:x', relType: 'm.thread' },
      ]),
    ).toBe(false);
    const bySender = parseRoomEventFilter({ related_by_senders: ['@b:x'], types: ['*'], not_senders: ['@z:x'] });
    expect(needsRelations(bySender)).toBe(true);
    expect(compileEventFilter(bySender)(EVENT, [{ sender: '@b:x', relType: 'any' }])).toBe(true);
    const byType = parseRoomEventFilter({ related_by_rel_types: ['m.thread'] });
    expect(needsRelations(byType)).toBe(true);
    expect(compileEventFilter(byType)(EVENT, [{ sender: '@any:x', relType: 'm.thread' }])).toBe(true);
    expect(needsRelations(parseRoomEventFilter({}))).toBe(false);
  });

  test('decides about whole rooms', () => {
    expect(compileRoomFilter({ rooms: undefined, notRooms: [] })('!r:x')).toBe(true);
    expect(compileRoomFilter({ rooms: ['!r:x'], notRooms: [] })('!s:x')).toBe(false);
    expect(compileRoomFilter({ rooms: ['!r:x'], notRooms: ['!r:x'] })('!r:x')).toBe(false);
  });
});

describe('event_fields', () => {
  const event = {
    type: 'm.room.message',
    event_id: '$e',
    content: { body: 'hi', 'm.relates_to': { rel_type: 'm.thread', event_id: '$r' }, 'm\\x': 1, nothing: null, list: [1] },
  };
  test.each<[fields: string[], result: object]>([
    [['type'], { type: 'm.room.message' }],
    [['type', 'event_id'], { type: 'm.room.message', event_id: '$e' }],
    [['content.body'], { content: { body: 'hi' } }],
    [['content.body', 'content'], { content: event.content }],
    [['content', 'content.body'], { content: event.content }],
    [['content.m\\.relates_to.rel_type'], { content: { 'm.relates_to': { rel_type: 'm.thread' } } }],
    [['content.m.relates_to'], {}],
    [['content.m\\\\x'], { content: { 'm\\x': 1 } }],
    [['content.nothing', 'content.list'], { content: { nothing: null, list: [1] } }],
    [['content.body.length'], {}],
    [['content.missing'], {}],
    [['constructor', 'missing'], {}],
    [[], {}],
  ])('%j', (fields, result) => {
    expect(applyEventFields(event, fields)).toEqual(result);
  });

  test('keeps everything when there is no list', () => {
    expect(applyEventFields(event, undefined)).toBe(event);
  });

  test('leaves the event as it is', () => {
    const before = structuredClone(event);
    applyEventFields(event, ['content.body']);
    expect(event).toEqual(before);
  });
});
