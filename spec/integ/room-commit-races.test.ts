import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RoomId, UserId } from '../../src/core/ids/brands.ts';
import { armFailpoint } from '../../src/platform/failpoints.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Draft } from '../../src/rooms/actor/draft.ts';
import { ActorGoneError } from '../../src/rooms/actor/room-actor.ts';
import { RoomReadModel } from '../../src/rooms/read/read-model.ts';
import { TxnCache } from '../../src/rooms/service/txn-cache.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type Engine, openEngine } from '../support/engine.ts';

const ALICE = '@alice:weft.test' as UserId;

let database: TestDatabase;
let engine: Engine;
let roomId: RoomId;
beforeEach(async () => {
  database = await testDatabase();
  engine = await openEngine(database);
  ({ roomId } = await engine.rooms.create(
    {
      creator: ALICE,
      version: '12',
      preset: 'public_chat',
      creationContent: {},
      initialState: [],
      powerLevelOverride: null,
      name: null,
      topic: null,
      invite: [],
      isDirect: false,
      alias: null,
    },
    { publish: false },
  ));
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const message = (body: string): Draft => ({ type: 'm.room.message', sender: ALICE, content: { body, msgtype: 'm.text' } });
const send = (body: string) => engine.actors.with(roomId, (actor) => actor.send([message(body)]));
const bodiesOf = (events: readonly { json: string }[]): string[] =>
  events.flatMap(({ json }) => (JSON.parse(json) as { content: { body?: string } }).content.body ?? []);
const stored = async (): Promise<string[]> =>
  bodiesOf(await database.sql<{ json: string }[]>`select json from event where seq is not null order by seq`);

/** Holds the next batch at a fail point; `reached` resolves when it is there. */
function hold(name: string): Disposable & { reached: Promise<void>; release: () => void } {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const armed = armFailpoint(name, {
    times: 1,
    wait: () => {
      reached.resolve();
      return gate.promise;
    },
  });
  return { reached: reached.promise, release: gate.resolve, [Symbol.dispose]: () => armed[Symbol.dispose]() };
}

/** Time for whoever would run ahead to do so. */
const others = () => database.sql`select pg_sleep(0.1)`;

describe('a head that is abandoned', () => {
  test('while its commits are under way is loaded again only when they are done', async () => {
    using held = hold('committer.before-transaction');
    const first = send('first');
    await held.reached;
    (await engine.actors.get(roomId))?.abandon();
    const second = send('second');
    await others();
    held.release();
    await Promise.all([first, second]);
    expect(await stored()).toEqual(['first', 'second']);
  });

  test('takes no more commits from whoever was at work on it', async () => {
    const actor = await engine.actors.get(roomId);
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const work = actor?.exclusive(async () => {
      started.resolve();
      await gate.promise;
      return actor.commit([]);
    });
    await started.promise;
    actor?.abandon();
    gate.resolve();
    await expect(work).rejects.toThrow(ActorGoneError);
    await send('afterwards');
    expect(await stored()).toEqual(['afterwards']);
  });

  test('because its batch failed costs only that batch', async () => {
    const error = Object.assign(new Error('no space left'), { code: '53100' });
    {
      using _point = armFailpoint('committer.before-transaction', { error, times: 1 });
      const outcomes = await Promise.allSettled([send('lost 1'), send('lost 2')]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    }
    await Promise.all(['a', 'b', 'c'].map(send));
    expect(await stored()).toEqual(['a', 'b', 'c']);
  });
});

describe('a room that is read', () => {
  test('between a commit and the news of it has each event once', async () => {
    const reader = new RoomReadModel({ sql: engine.sql, events: engine.store, users: engine.users, commits: engine.commits });
    using held = hold('committer.after-commit');
    const sent = send('hello');
    await held.reached;
    const view = await reader.view(roomId);
    held.release();
    await sent;
    await send('again');
    const timeline = await view?.timeline({ after: -1, to: Number.MAX_SAFE_INTEGER, limit: 100 });
    expect(bodiesOf(timeline?.events ?? [])).toEqual(['hello', 'again']);
  });
});

describe('a transaction id', () => {
  test('that memory has forgotten is answered with the first event, and nothing is stored twice', async () => {
    const deps = { sql: engine.sql, users: engine.users, clock: systemClock };
    const [one, two] = [new TxnCache(deps), new TxnCache(deps)];
    const info = await engine.rooms.info(roomId);
    const once = (cache: TxnCache, id: string) =>
      cache.once({ userId: ALICE, scope: 'PHONE', roomNid: info?.nid ?? 0, txnId: id }, async (userNid) => {
        const [result] = await engine.actors.with(roomId, (actor) =>
          actor.send([{ ...message(id), txn: { userNid, scope: 'PHONE', id } }]),
        );
        if (result === undefined) throw new Error('nothing was sent');
        return result;
      });
    await once(one, 'a');
    const first = await once(two, 'b');
    expect(await once(one, 'b')).toEqual({ eventId: first.eventId, pos: first.pos, isNew: false });
    await once(one, 'c');
    expect(await stored()).toEqual(['a', 'b', 'c']);
  });
});
