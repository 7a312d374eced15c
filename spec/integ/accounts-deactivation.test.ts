import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RoomId, UserId } from '../../src/core/ids/brands.ts';
import deactivation from '../../src/modules/deactivation/index.ts';
import type { RoomsPort } from '../../src/plugin-api/ports.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { moduleHost } from '../support/module-host.ts';

const LEAVER = '@leaver:weft.test' as UserId;
const OTHER = '@other:weft.test' as UserId;

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** Notes who left which room; one room refuses. */
function leaving(left: string[]): Partial<RoomsPort> {
  return {
    async setMembership({ roomId, sender, target, membership }) {
      if (roomId.startsWith('!stuck')) throw new Error('this room is out of order');
      left.push(`${sender} ${target} ${membership} ${roomId}`);
      return { eventId: '$e' as never, pos: 1, isNew: true };
    },
  };
}

describe('a deactivated user', () => {
  it('leaves joined rooms, invites and knocks, even where one room fails', async () => {
    const left: string[] = [];
    await using host = await moduleHost({ database, plugins: [deactivation], rooms: leaving(left) });
    for (const [room, membership] of [
      ['!joined:x', 'join'],
      ['!stuck:x', 'join'],
      ['!invited:x', 'invite'],
      ['!knocked:x', 'knock'],
      ['!left:x', 'leave'],
      ['!banned:x', 'ban'],
    ] as const) {
      await host.members.setMember(room as RoomId, LEAVER, membership);
    }
    await host.members.setMember('!joined:x' as RoomId, OTHER, 'join');
    await host.emit('userDeactivated', { userId: LEAVER, erase: false });
    expect(left.toSorted((a, b) => a.localeCompare(b))).toEqual(
      ['!invited:x', '!joined:x', '!knocked:x'].map((room) => `${LEAVER} ${LEAVER} leave ${room}`),
    );
  });

  it('goes on leaving at the next start', async () => {
    const { sql } = database;
    for (const [userId, deactivated] of [
      [LEAVER, 1],
      [OTHER, null],
    ] as const) {
      await sql`insert into account (user_id, created_ts, deactivated_ts) values (${userId}, 1, ${deactivated})`;
      const [row] = await sql`insert into user_nid (user_id) values (${userId}) returning nid`;
      await sql`insert into member (user_nid, room_nid, membership, num, pos, sender_nid) values (${row?.nid as number}, 1, 'join', 1, 1, 1)`;
    }
    const asked: string[] = [];
    const rooms: Partial<RoomsPort> = {
      async roomsOf(userId) {
        asked.push(userId);
        return new Map();
      },
    };
    await using _host = await moduleHost({ database, plugins: [deactivation], rooms });
    expect(asked).toEqual([LEAVER]);
  });
});
