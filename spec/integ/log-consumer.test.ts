import { expect, test } from 'vitest';
import type { RoomId, UserId } from '../../src/core/ids/brands.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import type { LogEntry } from '../../src/plugin-api/commit.ts';
import { LogConsumer } from '../../src/storage/committer/log-consumer.ts';
import { testDatabase } from '../support/database.ts';
import { type Engine, openEngine } from '../support/engine.ts';

const ALICE = '@alice:weft.test' as UserId;

test('a consumer sees every entry once it works, goes on after a restart, and begins with what comes next', async () => {
  await using database = await testDatabase();
  let seen: LogEntry[] = [];
  let fails = false;
  const consume = (engine: Engine): Promise<LogConsumer> =>
    LogConsumer.open({
      sql: engine.db,
      commits: engine.commits,
      slot: 0,
      name: 'test',
      handle: async (entries) => {
        if (fails) throw new Error('not now');
        seen.push(...entries);
      },
      clock: systemClock,
      log: silentLogger,
    });
  let roomId: RoomId;
  let nid: number;
  {
    await using engine = await openEngine(database);
    ({ roomId } = await engine.rooms.create(roomRequest(), { publish: false }));
    nid = (await engine.rooms.info(roomId))?.nid ?? 0;
    await using consumer = await consume(engine);
    await send(engine, roomId, 'first');
    await consumer.flush();
    // The room was made before the consumer existed.
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ stream: 'event', data: [nid, expect.any(Number)] });
  }
  {
    await using engine = await openEngine(database);
    // Happens while nobody consumes.
    await send(engine, roomId, 'second');
    seen = [];
    await using consumer = await consume(engine);
    await consumer.flush();
    expect(seen).toHaveLength(1);

    fails = true;
    await send(engine, roomId, 'third');
    await consumer.flush();
    const stuck = consumer.position;
    await send(engine, roomId, 'fourth');
    await consumer.flush();
    expect(consumer.position).toBe(stuck);
    fails = false;
    seen = [];
    await send(engine, roomId, 'fifth');
    await consumer.flush();
    expect(seen.map((entry) => entry.pos)).toEqual([stuck + 1, stuck + 2, stuck + 3]);
  }
});

async function send(engine: Engine, roomId: RoomId, body: string): Promise<void> {
  await engine.rooms.send({ roomId, sender: ALICE, type: 'm.room.message', content: { body } });
}

function roomRequest() {
  return {
    creator: ALICE,
    version: '12' as const,
    preset: 'private_chat' as const,
    creationContent: {},
    initialState: [],
    powerLevelOverride: null,
    name: null,
    topic: null,
    invite: [],
    isDirect: false,
    alias: null,
  };
}
