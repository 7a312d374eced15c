import { describe, expect, it } from 'vitest';
import type { RoomId } from '../../../src/core/ids/brands.ts';
import type { LogEntry } from '../../../src/plugin-api/commit.ts';
import { RecentLog } from '../../../src/sync/recent-log.ts';

const room = (name: string): RoomId => `!${name}` as RoomId;
const entry = (pos: number, name: string, stream = 'event'): LogEntry => ({
  pos,
  stream,
  rooms: [room(name)],
  users: [],
  data: null,
  live: null,
});
const joined = (...names: string[]): Map<RoomId, null> => new Map(names.map((name) => [room(name), null]));

describe('the recent log', () => {
  it('names the rooms of the user that changed after a position', () => {
    const log = new RecentLog(0);
    log.record([entry(1, 'a'), entry(2, 'b'), entry(3, 'c'), entry(4, 'b', 'receipt')]);
    expect(log.changedSince(1, joined('a', 'b', 'd'))).toEqual({ changed: [room('b')], unknown: [] });
    expect(log.changedSince(2, joined('a', 'b', 'd'))).toEqual({ changed: [], unknown: [] });
  });

  it('knows nothing of rooms that were silent since before it began', () => {
    const log = new RecentLog(10);
    log.record([entry(11, 'a')]);
    expect(log.changedSince(9, joined('a', 'b'))).toEqual({ changed: [room('a')], unknown: [room('b')] });
    expect(log.changedSince(10, joined('a', 'b'))).toEqual({ changed: [room('a')], unknown: [] });
  });

  it('never calls a changed room unchanged, however little it may keep', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const log = new RecentLog(0, { ringMax: 4, roomsMax: 3 });
    const last = new Map<string, number>();
    for (let pos = 1; pos <= 60; pos++) {
      const name = names[(pos * pos) % names.length] ?? 'a';
      last.set(name, pos);
      log.record([entry(pos, name)]);
      for (let from = 0; from <= pos; from++) {
        for (const rooms of [joined(...names), joined('a')]) {
          const { changed, unknown } = log.changedSince(from, rooms);
          for (const id of rooms.keys()) {
            const isChanged = (last.get(id.slice(1)) ?? 0) > from;
            if (isChanged) expect([...changed, ...unknown]).toContain(id);
            else expect(changed).not.toContain(id);
          }
        }
      }
    }
  });
});
