import { describe, expect, test } from 'vitest';
import { MatrixError } from '../../../src/core/errors/matrix-error.ts';
import { FILTER_EVENT_FIELDS_MAX, FILTER_LIMIT_MAX, FILTER_LIST_ENTRIES_MAX } from '../../../src/core/filters/filter-types.ts';
import {
  parseRoomEventFilter,
  parseRoomEventFilterParam,
  parseSyncFilter,
  parseSyncFilterParam,
} from '../../../src/core/filters/parse-filter.ts';

function refusal(run: () => unknown): { errcode: string; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof MatrixError) return { errcode: error.errcode, message: error.message };
    throw error;
  }
  throw new Error('was not refused');
}

const NO_RESTRICTION = { limit: undefined, types: undefined, notTypes: [], senders: undefined, notSenders: [] };
const NO_ROOM_RESTRICTION = {
  ...NO_RESTRICTION,
  rooms: undefined,
  notRooms: [],
  containsUrl: undefined,
  lazyLoadMembers: false,
  includeRedundantMembers: false,
  unreadThreadNotifications: false,
  relatedBySenders: undefined,
  relatedByRelTypes: undefined,
};

test('an empty filter restricts nothing', () => {
  expect(parseSyncFilter({})).toEqual({
    eventFields: undefined,
    eventFormat: 'client',
    presence: NO_RESTRICTION,
    accountData: NO_RESTRICTION,
    room: {
      rooms: undefined,
      notRooms: [],
      includeLeave: false,
      timeline: NO_ROOM_RESTRICTION,
      state: NO_ROOM_RESTRICTION,
      ephemeral: NO_ROOM_RESTRICTION,
      accountData: NO_ROOM_RESTRICTION,
    },
  });
});

test('every key is read', () => {
  const filter = parseSyncFilter({
    event_fields: ['type', 'content.body'],
    event_format: 'federation',
    presence: { types: ['m.presence'], not_senders: ['@a:x'] },
    account_data: { not_types: ['m.a'], senders: [], limit: 3 },
    room: {
      rooms: ['!a:x'],
      not_rooms: ['!b'],
      include_leave: true,
      timeline: {
        limit: 5,
        types: ['m.room.*'],
        not_types: ['m.b'],
        senders: ['@a:x'],
        not_senders: ['@b:x'],
        rooms: ['!c:x'],
        not_rooms: ['!d:x'],
        contains_url: false,
        lazy_load_members: true,
        include_redundant_members: true,
        unread_thread_notifications: true,
        related_by_senders: ['@c:x'],
        related_by_rel_types: ['m.thread'],
      },
      state: { lazy_load_members: true },
      ephemeral: { types: [] },
      account_data: { not_types: ['*'] },
    },
    unknown: { anything: true },
  });
  expect(filter).toEqual({
    eventFields: ['type', 'content.body'],
    eventFormat: 'federation',
    presence: { ...NO_RESTRICTION, types: ['m.presence'], notSenders: ['@a:x'] },
    accountData: { ...NO_RESTRICTION, notTypes: ['m.a'], senders: [], limit: 3 },
    room: {
      rooms: ['!a:x'],
      notRooms: ['!b'],
      includeLeave: true,
      timeline: {
        limit: 5,
        types: ['m.room.*'],
        notTypes: ['m.b'],
        senders: ['@a:x'],
        notSenders: ['@b:x'],
        rooms: ['!c:x'],
        notRooms: ['!d:x'],
        containsUrl: false,
        lazyLoadMembers: true,
        includeRedundantMembers: true,
        unreadThreadNotifications: true,
        relatedBySenders: ['@c:x'],
        relatedByRelTypes: ['m.thread'],
      },
      state: { ...NO_ROOM_RESTRICTION, lazyLoadMembers: true },
      ephemeral: { ...NO_ROOM_RESTRICTION, types: [] },
      accountData: { ...NO_ROOM_RESTRICTION, notTypes: ['*'] },
    },
  });
});

describe('what has the wrong shape is refused with its path', () => {
  test.each<[filter: unknown, path: string]>([
    ['text', 'filter'],
    [null, 'filter'],
    [[], 'filter'],
    [{ event_fields: 'type' }, 'filter.event_fields'],
    [{ event_fields: [1] }, 'filter.event_fields'],
    [{ event_fields: Array(FILTER_EVENT_FIELDS_MAX + 1).fill('a') }, 'filter.event_fields'],
    [{ event_format: 'other' }, 'filter.event_format'],
    [{ presence: 'not_an_object' }, 'filter.presence'],
    [{ presence: null }, 'filter.presence'],
    [{ presence: { senders: ['me'] } }, 'filter.presence.senders'],
    [{ presence: { types: Array(FILTER_LIST_ENTRIES_MAX + 1).fill('a') } }, 'filter.presence.types'],
    [{ account_data: [] }, 'filter.account_data'],
    [{ room: 1 }, 'filter.room'],
    [{ room: { rooms: ['not_a_room_id'] } }, 'filter.room.rooms'],
    [{ room: { not_rooms: 'x' } }, 'filter.room.not_rooms'],
    [{ room: { not_rooms: ['x'] } }, 'filter.room.not_rooms'],
    [{ room: { include_leave: 'yes' } }, 'filter.room.include_leave'],
    [{ room: { timeline: 'not_an_object' } }, 'filter.room.timeline'],
    [{ room: { timeline: { limit: -1 } } }, 'filter.room.timeline.limit'],
    [{ room: { timeline: { limit: 1.5 } } }, 'filter.room.timeline.limit'],
    [{ room: { timeline: { limit: '5' } } }, 'filter.room.timeline.limit'],
    [{ room: { state: { not_senders: ['x'] } } }, 'filter.room.state.not_senders'],
    [{ room: { state: { not_types: [null] } } }, 'filter.room.state.not_types'],
    [{ room: { ephemeral: { rooms: ['x'] } } }, 'filter.room.ephemeral.rooms'],
    [{ room: { ephemeral: { not_rooms: ['x'] } } }, 'filter.room.ephemeral.not_rooms'],
    [{ room: { account_data: { contains_url: 1 } } }, 'filter.room.account_data.contains_url'],
    [{ room: { account_data: { related_by_senders: ['x'] } } }, 'filter.room.account_data.related_by_senders'],
  ])('%j', (filter, path) => {
    const { errcode, message } = refusal(() => parseSyncFilter(filter));
    expect(errcode).toBe('M_BAD_JSON');
    expect(message.split(' ')[0]).toBe(path);
  });
});

test('limits may be 0 and are lowered to the maximum', () => {
  expect(parseRoomEventFilter({ limit: 0 }).limit).toBe(0);
  expect(parseRoomEventFilter({ limit: FILTER_LIMIT_MAX + 1 }).limit).toBe(FILTER_LIMIT_MAX);
});

test('the longest lists are taken', () => {
  expect(parseRoomEventFilter({ types: Array(FILTER_LIST_ENTRIES_MAX).fill('a') }).types).toHaveLength(FILTER_LIST_ENTRIES_MAX);
  expect(parseSyncFilter({ event_fields: Array(FILTER_EVENT_FIELDS_MAX).fill('a') }).eventFields).toHaveLength(FILTER_EVENT_FIELDS_MAX);
});

test('query parameters are JSON text and refused as parameters', () => {
  expect(parseRoomEventFilterParam('{"contains_url":true}').containsUrl).toBe(true);
  expect(parseSyncFilterParam('{"room":{"include_leave":true}}').room.includeLeave).toBe(true);
  expect(refusal(() => parseRoomEventFilterParam('{')).errcode).toBe('M_INVALID_PARAM');
  expect(refusal(() => parseRoomEventFilterParam('{"limit":"x"}')).errcode).toBe('M_INVALID_PARAM');
  expect(refusal(() => parseSyncFilterParam('{"room":{"state":{"limit":"x"}}}')).errcode).toBe('M_INVALID_PARAM');
});
