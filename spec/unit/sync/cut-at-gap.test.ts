import { describe, expect, it } from 'vitest';
import { EVENT_FLAG, type StoredEvent } from '../../../src/plugin-api/stored-event.ts';
import type { RoomId } from '../../../src/core/ids/brands.ts';
import { cutAtGap } from '../../../src/sync/room-section/cut-at-gap.ts';

const event = (num: number, prev: number[], more: Partial<StoredEvent> = {}): StoredEvent =>
  ({ num, seq: num, prev, flags: 0, ...more }) as StoredEvent;
const ROOM = '!a' as RoomId;

async function cut(events: StoredEvent[], known: StoredEvent[], checkFirst = true): Promise<{ nums: number[]; limited: boolean }> {
  const reader = { eventsByNum: async (_room: RoomId, nums: readonly number[]) => known.filter(({ num }) => nums.includes(num)) };
  const page = await cutAtGap(reader, ROOM, { events, limited: false }, checkFirst);
  return { nums: page.events.map(({ num }) => num), limited: page.limited };
}

describe('a timeline with events missing before one of its own', () => {
  it.each([
    ['an event that nothing is known of', []],
    ['a stub', [event(9, [], { seq: null, flags: EVENT_FLAG.stub })]],
    ['an outlier', [event(9, [], { seq: null, flags: EVENT_FLAG.outlier })]],
    ['an event that was backfilled later', [event(9, [], { seq: -3 })]],
  ])('begins after the gap: %s', async (_what, known) => {
    const page = [event(2, [1]), event(3, [9]), event(4, [3])];
    expect(await cut(page, [event(1, []), ...known])).toEqual({ nums: [3, 4], limited: true });
  });

  it('goes on over refused events and over forks', async () => {
    const page = [event(3, [2]), event(4, [1]), event(5, [3, 4])];
    const known = [event(1, []), event(2, [1], { seq: null, flags: EVENT_FLAG.softFailed })];
    expect(await cut(page, known)).toEqual({ nums: [3, 4, 5], limited: false });
  });

  it('is limited when the gap lies right before what continues the client’s timeline', async () => {
    const page = [event(3, [2]), event(4, [3])];
    expect(await cut(page, [])).toEqual({ nums: [3, 4], limited: true });
    expect(await cut(page, [], false)).toEqual({ nums: [3, 4], limited: false });
  });
});
